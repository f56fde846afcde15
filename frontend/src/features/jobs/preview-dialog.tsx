import { Modal, Stack, Text } from "@mantine/core";
import { IconTableOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Preview } from "@/api/previews";
import { useFormats } from "@/i18n/use-formats";
import { EmptyState } from "@/ui/empty-state";
import { ResultTable } from "@/ui/result-table";

interface PreviewDialogProps {
  preview: Preview;
  onClose: () => void;
}

/** The first rows of a query as the database gave them. */
export function PreviewDialog({ preview, onClose }: PreviewDialogProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <Modal
      opened
      size="90rem"
      onClose={onClose}
      title={<Text fw={600}>{t("job.previewTitle")}</Text>}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <Stack gap="xs">
        <Text size="xs" c="dimmed">
          {t("job.previewHelp", { n: formats.number(preview.rows.length) })}{" "}
          {t("dataset.columnsTotal", { n: formats.number(preview.columns.length) })} ·{" "}
          {formats.duration(preview.elapsedMs)}
        </Text>
        {preview.rows.length === 0 ? (
          <EmptyState icon={IconTableOff} title={t("job.previewEmpty")} />
        ) : (
          <ResultTable
            label={t("job.previewTitle")}
            columns={preview.columns}
            rows={preview.rows}
          />
        )}
      </Stack>
    </Modal>
  );
}
