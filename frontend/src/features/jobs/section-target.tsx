import { Select, SimpleGrid, Stack, Text, TextInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  COMPRESSIONS,
  extensionOf,
  FILE_FORMATS,
  hasDialect,
  isText,
  type Dialect,
} from "@/api/job-output";
import { omit } from "@/lib/omit";
import { Section } from "@/ui/section";
import { DialectInput } from "./dialect-input";
import { formatColumns, parseColumns } from "./dialect-members";
import { EXPORT_TYPES } from "./draft";
import { useJobForm } from "./form-context";
import { KindFields } from "./kind-fields";

const LEGACY: Dialect = { profile: "legacy" };
const KIND_KEYS = {
  Único: "single",
  Mês: "month",
  Acumulado: "accumulated",
  Chave: "key",
} as const;

/** Where the result goes, and in which form. */
export function SectionTarget({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const { exportPath, exportName } = form.values;
  const folder = exportPath.replace(/[/\\]+$/, "");
  const path = `${folder}/${exportName}${extensionOf(form.values)}`.replace(/^\//, "");
  return (
    <Section title={t("job.sections.target")}>
      <Stack gap="md">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput
            label={t("job.path")}
            description={t("job.pathHelp")}
            required
            readOnly={isReadOnly}
            {...form.getInputProps("exportPath")}
          />
          <TextInput
            label={t("job.fileName")}
            description={t("job.fileNameHelp")}
            required
            readOnly={isReadOnly}
            {...form.getInputProps("exportName")}
          />
        </SimpleGrid>
        {exportName.trim() !== "" && (
          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {t("job.target", { path })}
          </Text>
        )}
        <FormFields isReadOnly={isReadOnly} />
        <KindFields isReadOnly={isReadOnly} />
        {hasDialect(form.values.fileFormat) && <DialectInput isReadOnly={isReadOnly} />}
        <ColumnsField isReadOnly={isReadOnly} />
      </Stack>
    </Section>
  );
}

function FormFields({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const { exportType, fileFormat } = form.values;
  const kind = EXPORT_TYPES.find((known) => known === exportType) ?? "Único";
  const common = {
    inputWrapperOrder: ["label", "input", "description", "error"] as (
      "label" | "input" | "description" | "error"
    )[],
    readOnly: isReadOnly,
    allowDeselect: false,
  };
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }}>
      <Select
        {...common}
        label={t("job.exportType")}
        description={t(`output.kindHelp.${KIND_KEYS[kind]}`)}
        data={EXPORT_TYPES.map((value) => ({
          value,
          label: t(`output.kinds.${KIND_KEYS[value]}`),
        }))}
        {...form.getInputProps("exportType")}
      />
      <Select
        {...common}
        label={t("output.format")}
        description={t(`output.formatHelp.${fileFormat}`)}
        data={FILE_FORMATS.map((value) => ({ value, label: t(`output.formats.${value}`) }))}
        {...form.getInputProps("fileFormat")}
      />
      {isText(fileFormat) && (
        <Select
          {...common}
          label={t("output.compression")}
          data={COMPRESSIONS.map((value) => ({
            value,
            label: t(`output.compressions.${value}`),
          }))}
          {...form.getInputProps("compression")}
        />
      )}
    </SimpleGrid>
  );
}

/** Which columns the file has, in which order and under which names. */
function ColumnsField({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const { dialect } = form.values;
  const [text, setText] = useState(() => formatColumns(dialect?.columns));
  return (
    <Textarea
      label={t("output.columns")}
      description={t("output.columnsHelp")}
      rows={2}
      resize="vertical"
      readOnly={isReadOnly}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        const columns = parseColumns(event.currentTarget.value);
        const rest = omit(dialect ?? LEGACY, "columns");
        const isPlain = columns === null && Object.keys(rest).length === 1;
        const isLegacy = isPlain && rest.profile === "legacy";
        form.setFieldValue("dialect", isLegacy ? null : columns ? { ...rest, columns } : rest);
      }}
    />
  );
}
