import { useTranslation } from "react-i18next";
import classes from "./result-table.module.css";

export interface ResultColumn {
  name: string;
  type: string;
  nativeType?: string;
}

interface ResultTableProps {
  label: string;
  columns: ResultColumn[];
  rows: (string | null)[][];
}

const NUMERIC = new Set(["integer", "decimal", "float"]);

/** The rows of a query as the database gave them; null for NULL. */
export function ResultTable({ label, columns, rows }: ResultTableProps) {
  const { t } = useTranslation();
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={classes.table}>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th key={index} title={column.nativeType}>
                {column.name}
                <span className={classes.type}>{column.nativeType ?? column.type}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, position) => (
                <td
                  key={position}
                  className={NUMERIC.has(columns[position]?.type ?? "") ? "num" : undefined}
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
