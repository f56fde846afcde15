import { Modal, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ExpectedTable } from "@/api/job-movement";
import { useFormats } from "@/i18n/use-formats";

interface DryRunDialogProps {
  tables: ExpectedTable[];
  onClose: () => void;
}

/** What a run would insert, update and delete in each table. */
export function DryRunDialog({ tables, onClose }: DryRunDialogProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const number = (value: number | null) => (value === null ? "–" : formats.number(value));
  return (
    <Modal opened title={t("movement.dryRunTitle")} size="lg" onClose={onClose}>
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t("movement.table")}</th>
              <th scope="col" className="num">
                {t("runs.columns.rows")}
              </th>
              <th scope="col" className="num">
                {t("movement.inserted")}
              </th>
              <th scope="col" className="num">
                {t("movement.updated")}
              </th>
              <th scope="col" className="num">
                {t("movement.deleted")}
              </th>
            </tr>
          </thead>
          <tbody>
            {tables.map((table) => (
              <tr key={table.target}>
                <td style={{ overflowWrap: "anywhere" }}>
                  {table.target}
                  {table.error !== null && (
                    <Text size="xs" c="var(--mantine-color-error)">
                      {table.error}
                    </Text>
                  )}
                </td>
                <td className="num">{number(table.rows)}</td>
                <td className="num">{number(table.inserted)}</td>
                <td className="num">{number(table.updated)}</td>
                <td className="num">{number(table.deleted)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Text size="xs" c="dimmed" mt="sm">
        {t("movement.lookedUp")}
      </Text>
    </Modal>
  );
}
