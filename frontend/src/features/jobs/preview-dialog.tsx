import { Alert, Modal, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconTableOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Preview } from "@/api/previews";
import { useFormats } from "@/i18n/use-formats";
import { EmptyState } from "@/ui/empty-state";
import { ResultTable } from "@/ui/result-table";
import { ColumnConcerns } from "./column-concerns";

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
        {preview.concerns.length > 0 && (
          <Alert icon={<IconAlertTriangle size={16} />} color="yellow" variant="outline" p="xs">
            <Text size="sm">{t("job.concerns.preview")}</Text>
            <ColumnConcerns concerns={preview.concerns} />
          </Alert>
        )}
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
