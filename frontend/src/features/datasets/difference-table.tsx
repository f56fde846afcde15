import { IconMinus, IconPencil, IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Difference, TextRow } from "@/api/versions";
import { Tag } from "@/ui/tag";

/** One line a row that came or went, one a value that changed. */
export function DifferenceTable({ difference }: { difference: Difference }) {
  const { t } = useTranslation();
  const { key, addedRows, removedRows, changedRows } = difference;
  const keyText = (row: TextRow) => key.map((name) => row[name] ?? t("values.null")).join(" · ");
  const rest = (row: TextRow) =>
    Object.entries(row)
      .filter(([name]) => !key.includes(name))
      .map(([name, value]) => `${name}: ${value ?? t("values.null")}`)
      .join("; ");
  return (
    <div className="scroll-x" style={{ maxHeight: "50dvh", overflowY: "auto" }}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("versions.change")}</th>
            <th scope="col">
              {t("versions.keyColumn")} ({key.join(", ")})
            </th>
            <th scope="col">{t("versions.column")}</th>
            <th scope="col">{t("versions.before")}</th>
            <th scope="col">{t("versions.after")}</th>
          </tr>
        </thead>
        <tbody>
          {changedRows.flatMap((row) =>
            row.cells.map((cell) => (
              <tr key={`${keyText(row.key)} ${cell.column}`}>
                <td>
                  <Tag tone="busy" icon={IconPencil}>
                    {t("versions.kinds.changed")}
                  </Tag>
                </td>
                <td>{keyText(row.key)}</td>
                <td>{cell.column}</td>
                <td>{cell.before ?? t("values.null")}</td>
                <td>{cell.after ?? t("values.null")}</td>
              </tr>
            )),
          )}
          {addedRows.map((row) => (
            <tr key={`+${keyText(row)}`}>
              <td>
                <Tag tone="good" icon={IconPlus}>
                  {t("versions.kinds.added")}
                </Tag>
              </td>
              <td>{keyText(row)}</td>
              <td />
              <td />
              <td>{rest(row)}</td>
            </tr>
          ))}
          {removedRows.map((row) => (
            <tr key={`-${keyText(row)}`}>
              <td>
                <Tag tone="bad" icon={IconMinus}>
                  {t("versions.kinds.removed")}
                </Tag>
              </td>
              <td>{keyText(row)}</td>
              <td />
              <td>{rest(row)}</td>
              <td />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
