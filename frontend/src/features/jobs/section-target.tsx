import { Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Section } from "@/ui/section";
import { EXPORT_TYPES } from "./draft";
import { useJobForm } from "./form-context";

const KIND_KEYS = { Único: "single", Mês: "month", Acumulado: "accumulated" } as const;

export function SectionTarget({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const { exportPath, exportName, exportType } = form.values;
  const kind = EXPORT_TYPES.find((known) => known === exportType) ?? "Único";
  const path = `${exportPath.replace(/[/\\]+$/, "")}/${exportName}.csv`.replace(/^\//, "");
  return (
    <Section title={t("job.sections.target")}>
      <Stack gap="sm">
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
        <Select
          label={t("job.exportType")}
          description={t(`output.kindHelp.${KIND_KEYS[kind]}`)}
          inputWrapperOrder={["label", "input", "description", "error"]}
          readOnly={isReadOnly}
          allowDeselect={false}
          data={EXPORT_TYPES.map((value) => ({
            value,
            label: t(`output.kinds.${KIND_KEYS[value]}`),
          }))}
          {...form.getInputProps("exportType")}
        />
        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {exportName.trim() !== "" && (
            <>
              {t("job.target", { path })}
              <br />
            </>
          )}
          {t("job.form")}: {t("job.formCsv")}
        </Text>
      </Stack>
    </Section>
  );
}
