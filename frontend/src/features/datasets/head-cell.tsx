import { Popover } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconFilter } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RowView } from "@/api/rows";
import { ColumnMenu } from "./column-menu";
import classes from "./data-grid.module.css";
import type { GridColumn } from "./grid-columns";
import { parseSorts, parseWhere } from "./grid-filter";

const TYPES = [
  "integer",
  "decimal",
  "float",
  "boolean",
  "text",
  "date",
  "timestamp",
  "timestamp_tz",
  "time",
  "interval",
  "binary",
  "number",
  "unknown",
] as const;

interface HeadCellProps {
  column: GridColumn;
  index: number;
  left: number;
  view: RowView;
  onView: (view: RowView) => void;
}

/** Name and type of a column; a button that opens what can be done with it. */
export function HeadCell({ column, index, left, view, onView }: HeadCellProps) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const type = TYPES.find((known) => known === column.type);
  const sort = parseSorts(view.sort).find((one) => one.key === column.name);
  const isFiltered = parseWhere(view.where).some((one) => one.column === column.name);
  const order = sort?.isDescending === true ? "descending" : "ascending";
  const Arrow = sort?.isDescending === true ? IconArrowDown : IconArrowUp;
  const button = (
    <button
      type="button"
      className={classes.headButton}
      aria-haspopup="dialog"
      aria-expanded={isOpen}
      title={t("grid.menu", { column: column.name })}
      onClick={() => setOpen(!isOpen)}
    >
      <span className={classes.name}>
        {column.name}
        {sort && <Arrow size={12} className={classes.mark} aria-hidden />}
        {isFiltered && <IconFilter size={12} className={classes.mark} aria-hidden />}
      </span>{" "}
      <span className={classes.type}>{type ? t(`dataset.types.${type}`) : column.type}</span>
    </button>
  );
  return (
    <div
      role="columnheader"
      aria-colindex={index + 2}
      aria-sort={sort ? order : "none"}
      className={classes.headCell}
      data-number={column.isNumeric || undefined}
      style={{ left, width: column.width }}
      title={`${column.name} · ${column.nativeType || column.type}`}
    >
      {isOpen ? (
        <Popover
          opened
          width={320}
          position="bottom-start"
          shadow="md"
          trapFocus
          returnFocus
          onDismiss={() => setOpen(false)}
        >
          <Popover.Target>{button}</Popover.Target>
          <ColumnMenu column={column} view={view} onView={onView} onClose={() => setOpen(false)} />
        </Popover>
      ) : (
        button
      )}
    </div>
  );
}
