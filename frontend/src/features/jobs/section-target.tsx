import { SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Section } from "@/ui/section";
import { useJobForm } from "./form-context";

export function SectionTarget({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const { exportPath, exportName } = form.values;
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
