import { NumberInput, Select, SimpleGrid, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { parametersQuery } from "@/api/parameters";
import { Section } from "@/ui/section";
import { EXPORT_TYPES } from "./draft";
import { useJobForm } from "./form-context";

const toNumber = (value: string | number) => (typeof value === "number" ? value : null);

/** What most jobs leave as it is. */
export function SectionAdvanced({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const parameters = useQuery(parametersQuery);
  const { checksParameter, parameterId, timeLimitS, daysOffset, dateColumn } = form.values;
  return (
    <Section title={t("job.sections.advanced")}>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NumberInput
          label={t("job.timeLimit")}
          description={t("job.timeLimitHelp")}
          min={1}
          max={604_800}
          allowDecimal={false}
          readOnly={isReadOnly}
          value={timeLimitS ?? ""}
          error={form.errors.timeLimitS}
          onChange={(value) => form.setFieldValue("timeLimitS", toNumber(value))}
        />
        <Select
          label={t("job.parameter")}
          description={t("job.parameterHelp")}
          readOnly={isReadOnly}
          allowDeselect={false}
          data={[
            { value: "", label: t("job.parameterNone") },
            ...(parameters.data ?? []).map((one) => ({
              value: String(one.parameterId),
              label: one.name,
            })),
          ]}
          value={checksParameter && parameterId !== null ? String(parameterId) : ""}
          error={form.errors.parameterId ?? form.errors.checksParameter}
          onChange={(value) =>
            form.setValues({
              checksParameter: Boolean(value),
              parameterId: value ? Number(value) : null,
            })
          }
        />
        <Select
          label={t("job.exportType")}
          readOnly={isReadOnly}
          allowDeselect={false}
          data={[...EXPORT_TYPES]}
          {...form.getInputProps("exportType")}
        />
        <NumberInput
          label={t("job.daysOffset")}
          min={0}
          allowDecimal={false}
          readOnly={isReadOnly}
          value={daysOffset ?? ""}
          error={form.errors.daysOffset}
          onChange={(value) => form.setFieldValue("daysOffset", toNumber(value))}
        />
        <TextInput
          label={t("job.dateColumn")}
          readOnly={isReadOnly}
          value={dateColumn ?? ""}
          error={form.errors.dateColumn}
          onChange={(event) => form.setFieldValue("dateColumn", event.currentTarget.value || null)}
        />
      </SimpleGrid>
    </Section>
  );
}
