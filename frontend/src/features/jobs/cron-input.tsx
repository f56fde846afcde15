import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/i18n/use-formats";
import { cronWords } from "@/lib/cron-words";
import { useJobForm } from "./form-context";

const EXAMPLES = {
  workdays: "0 6 * * 1-5",
  monthStart: "30 5 1 * *",
  quarterHour: "*/15 8-17 * * *",
  lastDay: "0 0 * * *",
} as const;
const NAMES = Object.keys(EXAMPLES) as (keyof typeof EXAMPLES)[];

/** A cron text, with examples for people who write one twice a year. */
export function CronInput({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const { locale } = useFormats();
  const text = form.values.cronText ?? "";
  const words = useQuery({
    queryKey: ["cron-words", text, locale],
    queryFn: () => cronWords(text, locale),
    staleTime: Infinity,
  });
  return (
    <Stack gap="xs">
      <TextInput
        label={t("plan.cron")}
        placeholder={t("plan.cronPlaceholder")}
        maw={360}
        required
        readOnly={isReadOnly}
        spellCheck={false}
        classNames={{ input: "mono" }}
        value={text}
        error={form.errors.cronText}
        description={words.data}
        inputWrapperOrder={["label", "input", "description", "error"]}
        onChange={(event) => form.setFieldValue("cronText", event.currentTarget.value)}
      />
      {!isReadOnly && (
        <Group gap={4} role="group" aria-label={t("plan.cronExamples")}>
          {NAMES.map((name) => (
            <Button
              key={name}
              size="compact-xs"
              variant="default"
              onClick={() => form.setFieldValue("cronText", EXAMPLES[name])}
            >
              {t(`plan.cronExample.${name}`)}
            </Button>
          ))}
        </Group>
      )}
    </Stack>
  );
}
