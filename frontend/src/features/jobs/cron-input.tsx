import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
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
        value={form.values.cronText ?? ""}
        error={form.errors.cronText}
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
