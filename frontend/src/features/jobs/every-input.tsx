import { Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/i18n/use-formats";
import { useJobForm } from "./form-context";
import { NumberField } from "./number-field";
import { DEFAULT_EVERY_MINUTES } from "./plan-kind";

const QUICK = [5, 10, 15, 30, 60, 120, 720];
const WEEK_MINUTES = 7 * 24 * 60;

/** An interval of elapsed time. */
export function EveryInput({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const form = useJobForm();
  return (
    <Group gap="sm" align="flex-end">
      <NumberField
        field="everyMinutes"
        label={t("plan.everyMinutes")}
        min={1}
        max={WEEK_MINUTES}
        fallback={DEFAULT_EVERY_MINUTES}
        isReadOnly={isReadOnly}
      />
      {!isReadOnly && (
        <Group gap={4} pb={8} role="group" aria-label={t("plan.everyQuick")}>
          {QUICK.map((minutes) => (
            <Button
              key={minutes}
              size="compact-xs"
              variant="default"
              onClick={() => form.setFieldValue("everyMinutes", minutes)}
            >
              {formats.duration(minutes * 60_000)}
            </Button>
          ))}
        </Group>
      )}
    </Group>
  );
}
