import { Group, Select, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { startBackfill, STEPS, type BackfillRequest } from "@/api/backfills";
import type { Job } from "@/api/jobs";
import { fieldErrors } from "@/ui/form-errors";
import { FormModal } from "@/ui/form-modal";
import { useAction } from "@/ui/use-action";
import { useFieldTranslation } from "@/ui/use-field-translation";

const WIRE_NAMES = { first_date: "firstDate", last_date: "lastDate", step: "step" };
const EMPTY: BackfillRequest = { firstDate: "", lastDate: "", step: "month" };

/** Asks for runs over days that are past. */
export function BackfillDialog({ job, onClose }: { job: Job; onClose: () => void }) {
  const { t } = useTranslation();
  const translate = useFieldTranslation();
  const required = (value: string) => (value === "" ? t("job.required") : null);
  const form = useForm({
    initialValues: EMPTY,
    validate: { firstDate: required, lastDate: required },
  });
  const start = useAction({
    run: (wanted: BackfillRequest) => startBackfill(job.jobId, wanted),
    invalidates: [["runs"], ["jobs"]],
    done: ({ total }) => t("backfill.started", { count: total, n: total, name: job.name }),
    onDone: onClose,
    onFailed: (error) => {
      form.setErrors(fieldErrors(error, WIRE_NAMES, translate));
      return true;
    },
  });
  return (
    <FormModal
      title={t("backfill.askTitle", { name: job.name })}
      submit={t("backfill.start")}
      isBusy={start.isPending}
      error={Object.keys(form.errors).length > 0 ? null : start.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => start.mutate(values))}
    >
      <Text size="sm">{t("backfill.help")}</Text>
      <Group grow align="flex-start">
        <TextInput
          type="date"
          label={t("plan.startsOn")}
          required
          data-autofocus
          {...form.getInputProps("firstDate")}
        />
        <TextInput
          type="date"
          label={t("plan.endsOn")}
          required
          {...form.getInputProps("lastDate")}
        />
      </Group>
      <Select
        label={t("backfill.step")}
        allowDeselect={false}
        data={STEPS.map((value) => ({ value, label: t(`backfill.steps.${value}`) }))}
        {...form.getInputProps("step")}
      />
    </FormModal>
  );
}
