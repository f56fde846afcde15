import { Select, SimpleGrid, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { MISSED_POLICIES, OVERLAP_POLICIES } from "@/api/job-plan";
import { useFormats } from "@/i18n/use-formats";
import { FoldedSection } from "@/ui/folded-section";
import { NEW_DRAFT } from "./draft";
import { useJobForm } from "./form-context";
import { NumberField } from "./number-field";
import { useFieldNames } from "./use-field-names";

const FIELDS = [
  "missedPolicy",
  "missedWithinMin",
  "missedCap",
  "overlapPolicy",
  "priority",
  "retryLimit",
  "timeLimitS",
  "noProgressLimitS",
] as const;

/** What becomes of times that were missed, of overlaps, of failures. The defaults suit most jobs. */
export function SectionPolicies({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const form = useJobForm();
  const names = useFieldNames();
  const { missedPolicy, overlapPolicy } = form.values;
  const changed = FIELDS.filter((field) => form.values[field] !== NEW_DRAFT[field]);
  const list = formats.list(changed.map((field) => names[field]));
  return (
    <FoldedSection
      title={t("policy.title")}
      summary={changed.length === 0 ? t("policy.usual") : t("policy.changed", { list })}
      hasFault={FIELDS.some((field) => form.errors[field] !== undefined)}
    >
      <Stack gap="md">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <Select
            label={t("policy.missed")}
            description={t(`policy.missedHelp.${missedPolicy}`)}
            inputWrapperOrder={["label", "input", "description", "error"]}
            readOnly={isReadOnly}
            allowDeselect={false}
            data={MISSED_POLICIES.map((value) => ({
              value,
              label: t(`policy.missedOptions.${value}`),
            }))}
            {...form.getInputProps("missedPolicy")}
          />
          <Select
            label={t("policy.overlap")}
            description={t(`policy.overlapHelp.${overlapPolicy}`)}
            inputWrapperOrder={["label", "input", "description", "error"]}
            readOnly={isReadOnly}
            allowDeselect={false}
            data={OVERLAP_POLICIES.map((value) => ({
              value,
              label: t(`policy.overlapOptions.${value}`),
            }))}
            {...form.getInputProps("overlapPolicy")}
          />
          {missedPolicy !== "none" && (
            <NumberField
              field="missedWithinMin"
              label={t("policy.missedWithin")}
              help={t("policy.missedWithinHelp")}
              min={1}
              isReadOnly={isReadOnly}
            />
          )}
          {missedPolicy === "all" && (
            <NumberField
              field="missedCap"
              label={t("policy.missedCap")}
              help={t("policy.missedCapHelp")}
              min={1}
              max={1000}
              fallback={NEW_DRAFT.missedCap}
              isReadOnly={isReadOnly}
            />
          )}
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <NumberField
            field="retryLimit"
            label={t("policy.retryLimit")}
            help={t("policy.retryLimitHelp")}
            max={20}
            isReadOnly={isReadOnly}
          />
          <NumberField
            field="priority"
            label={t("policy.priority")}
            help={t("policy.priorityHelp")}
            min={-100}
            max={100}
            fallback={NEW_DRAFT.priority}
            isReadOnly={isReadOnly}
          />
          <NumberField
            field="timeLimitS"
            label={t("job.timeLimit")}
            help={t("job.timeLimitHelp")}
            min={1}
            max={604_800}
            isReadOnly={isReadOnly}
          />
          <NumberField
            field="noProgressLimitS"
            label={t("policy.noProgressLimit")}
            help={t("policy.noProgressLimitHelp")}
            min={1}
            max={604_800}
            isReadOnly={isReadOnly}
          />
        </SimpleGrid>
      </Stack>
    </FoldedSection>
  );
}
