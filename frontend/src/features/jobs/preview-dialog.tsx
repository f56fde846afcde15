import { Modal, Stack, Text } from "@mantine/core";
import { IconTableOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Preview } from "@/api/previews";
import { useFormats } from "@/i18n/use-formats";
import { EmptyState } from "@/ui/empty-state";
import classes from "./preview-dialog.module.css";

interface PreviewDialogProps {
  preview: Preview;
  onClose: () => void;
}

const NUMERIC = new Set(["integer", "decimal", "float"]);

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
          <PreviewTable preview={preview} />
        )}
      </Stack>
    </Modal>
  );
}

function PreviewTable({ preview }: { preview: Preview }) {
  const { t } = useTranslation();
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={t("job.previewTitle")}>
      <table className={classes.table}>
        <thead>
          <tr>
            {preview.columns.map((column, index) => (
              <th key={index} title={column.nativeType}>
                {column.name}
                <span className={classes.type}>{column.nativeType || column.type}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {preview.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, position) => (
                <td
                  key={position}
                  className={NUMERIC.has(preview.columns[position]?.type ?? "") ? "num" : undefined}
                >
                  {cell ?? <span className={classes.null}>{t("values.null")}</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
