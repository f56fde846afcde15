import { Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ON_DEADLINE } from "@/api/job-plan";
import { parametersQuery } from "@/api/parameters";
import { FoldedSection } from "@/ui/folded-section";
import { DateField } from "./date-field";
import { useJobForm } from "./form-context";
import { NumberField } from "./number-field";

const FIELDS = [
  "daysOffset",
  "lastDataDate",
  "dateColumn",
  "checksParameter",
  "parameterId",
  "gateCheckEveryMin",
  "gateDeadlineMin",
] as const;

/** Which days of data a run reads, and the gate that says whether they are closed. */
export function SectionWindow({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const { daysOffset, lastDataDate, dateColumn } = form.values;
  const gate = useGate();
  const parts = [
    daysOffset === null ? null : t("window.summaryDays", { n: daysOffset }),
    lastDataDate === null ? null : t("window.summaryLast", { date: lastDataDate }),
    gate.name === null ? null : t("window.summaryGate", { name: gate.name }),
    dateColumn,
  ].filter((part) => part !== null);
  return (
    <FoldedSection
      title={t("window.title")}
      summary={parts.length === 0 ? t("window.none") : parts.join(" · ")}
      hasFault={FIELDS.some((field) => form.errors[field] !== undefined)}
    >
      <Stack gap="md">
        <Text size="xs" c="dimmed">
          {t("window.help")}
        </Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <DateField
            field="lastDataDate"
            label={t("window.lastDataDate")}
            help={t("window.lastDataDateHelp")}
            isReadOnly={isReadOnly}
          />
          <NumberField
            field="daysOffset"
            label={t("job.daysOffset")}
            help={t("window.daysOffsetHelp")}
            isReadOnly={isReadOnly}
          />
          <TextInput
            label={t("job.dateColumn")}
            description={t("window.dateColumnHelp")}
            readOnly={isReadOnly}
            value={dateColumn ?? ""}
            error={form.errors.dateColumn}
            onChange={(event) =>
              form.setFieldValue("dateColumn", event.currentTarget.value || null)
            }
          />
        </SimpleGrid>
        <Gate isReadOnly={isReadOnly} gate={gate} />
      </Stack>
    </FoldedSection>
  );
}

interface GateChoice {
  options: { value: string; label: string }[];
  /** The parameter that is waited for; null for none. */
  id: string | null;
  name: string | null;
}

function useGate(): GateChoice {
  const parameters = useQuery(parametersQuery);
  const { checksParameter, parameterId } = useJobForm().values;
  const options = (parameters.data ?? []).map((one) => ({
    value: String(one.parameterId),
    label: one.name,
  }));
  const id = checksParameter && parameterId !== null ? String(parameterId) : null;
  return { options, id, name: options.find((one) => one.value === id)?.label ?? id };
}

function Gate({ isReadOnly, gate }: { isReadOnly: boolean; gate: GateChoice }) {
  const { t } = useTranslation();
  const form = useJobForm();
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <Select
        label={t("job.parameter")}
        description={t("job.parameterHelp")}
        readOnly={isReadOnly}
        allowDeselect={false}
        data={[{ value: "", label: t("job.parameterNone") }, ...gate.options]}
        value={gate.id ?? ""}
        error={form.errors.parameterId ?? form.errors.checksParameter}
        onChange={(value) =>
          form.setValues({
            checksParameter: Boolean(value),
            parameterId: value ? Number(value) : null,
          })
        }
      />
      {gate.id !== null && (
        <>
          <Select
            label={t("window.onDeadline")}
            readOnly={isReadOnly}
            allowDeselect={false}
            data={ON_DEADLINE.map((value) => ({
              value,
              label: t(`window.onDeadlineOptions.${value}`),
            }))}
            {...form.getInputProps("gateOnDeadline")}
          />
          <NumberField
            field="gateCheckEveryMin"
            label={t("window.gateEvery")}
            help={t("window.gateEmpty")}
            min={1}
            max={10_080}
            isReadOnly={isReadOnly}
          />
          <NumberField
            field="gateDeadlineMin"
            label={t("window.gateDeadline")}
            help={t("window.gateEmpty")}
            min={1}
            max={10_080}
            isReadOnly={isReadOnly}
          />
        </>
      )}
    </SimpleGrid>
  );
}
