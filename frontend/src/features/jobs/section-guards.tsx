import { Checkbox, NumberInput, SimpleGrid, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Guards } from "@/api/job-output";
import { useFormats } from "@/i18n/use-formats";
import { FoldedSection } from "@/ui/folded-section";
import { useJobForm } from "./form-context";
import { NumberField } from "./number-field";

const NONE: Guards = {
  minRows: null,
  maxChangePercent: null,
  notEmpty: false,
  columns: false,
  notAllNull: false,
};

function isNone(guards: Guards): boolean {
  return Object.values(guards).every((value) => value === null || value === false);
}

/** What a new version must be like to be published, and how many old ones are kept. */
export function SectionGuards({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const fields = ["guards", "versionsKept", "versionsKeptDays"] as const;
  return (
    <FoldedSection
      title={t("guards.title")}
      summary={useSummary()}
      hasFault={fields.some((field) => form.errors[field] !== undefined)}
    >
      <Stack gap="md">
        <Text size="xs" c="dimmed">
          {t("guards.help")}
        </Text>
        <GuardFields isReadOnly={isReadOnly} />
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <NumberField
            field="versionsKept"
            label={t("guards.versionsKept")}
            help={t("guards.keptHelp")}
            min={1}
            max={1000}
            isReadOnly={isReadOnly}
          />
          <NumberField
            field="versionsKeptDays"
            label={t("guards.versionsKeptDays")}
            help={t("guards.keptHelp")}
            min={1}
            max={36_500}
            isReadOnly={isReadOnly}
          />
        </SimpleGrid>
      </Stack>
    </FoldedSection>
  );
}

function useSummary(): string {
  const { t } = useTranslation();
  const formats = useFormats();
  const { guards, versionsKept, versionsKeptDays } = useJobForm().values;
  const { minRows, maxChangePercent, notEmpty, columns, notAllNull } = guards ?? NONE;
  const parts = [
    minRows !== null && t("guards.summary.minRows", { n: formats.number(minRows) }),
    maxChangePercent !== null && t("guards.summary.maxChange", { n: maxChangePercent }),
    notEmpty && t("guards.summary.notEmpty"),
    columns && t("guards.summary.columns"),
    notAllNull !== false && t("guards.summary.notAllNull"),
    versionsKept !== null && t("guards.summary.kept", { n: formats.number(versionsKept) }),
    versionsKeptDays !== null &&
      t("guards.summary.keptDays", { n: formats.number(versionsKeptDays) }),
  ].filter((part) => part !== false);
  return parts.length === 0 ? t("guards.none") : parts.join(" · ");
}

function GuardFields({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const guards = form.values.guards ?? NONE;
  const set = (part: Partial<Guards>) => {
    const next = { ...guards, ...part };
    form.setFieldValue("guards", isNone(next) ? null : next);
  };
  const number = (field: "minRows" | "maxChangePercent", help?: string) => (
    <NumberInput
      label={t(`guards.${field}`)}
      description={help}
      min={0}
      readOnly={isReadOnly}
      allowDecimal={field === "maxChangePercent"}
      value={guards[field] ?? ""}
      onChange={(value) => set({ [field]: typeof value === "number" ? value : null })}
    />
  );
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }} style={{ alignItems: "end" }}>
        {number("minRows")}
        {number("maxChangePercent", t("guards.maxChangeHelp"))}
      </SimpleGrid>
      <Checkbox
        label={t("guards.notEmpty")}
        disabled={isReadOnly}
        checked={guards.notEmpty}
        onChange={(event) => set({ notEmpty: event.currentTarget.checked })}
      />
      <Checkbox
        label={t("guards.columns")}
        description={t("guards.columnsHelp")}
        disabled={isReadOnly}
        checked={guards.columns}
        onChange={(event) => set({ columns: event.currentTarget.checked })}
      />
      <Checkbox
        label={t("guards.notAllNull")}
        description={Array.isArray(guards.notAllNull) ? guards.notAllNull.join(", ") : undefined}
        disabled={isReadOnly}
        checked={guards.notAllNull !== false}
        onChange={(event) => set({ notAllNull: event.currentTarget.checked })}
      />
      {form.errors.guards !== undefined && (
        <Text size="xs" c="var(--mantine-color-error)" role="alert">
          {form.errors.guards}
        </Text>
      )}
    </>
  );
}
