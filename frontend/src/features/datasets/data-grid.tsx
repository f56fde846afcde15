import { Skeleton } from "@mantine/core";
import { useVirtualizer, type VirtualItem } from "@tanstack/react-virtual";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Row, RowView } from "@/api/rows";
import { useFormats } from "@/i18n/use-formats";
import { ErrorPanel } from "@/ui/error-panel";
import { cellText } from "./cell-text";
import classes from "./data-grid.module.css";
import type { GridColumn } from "./grid-columns";
import { HeadCell } from "./head-cell";
import { useRows, type RowSource } from "./use-rows";

interface DataGridProps {
  source: RowSource;
  columns: GridColumn[];
  total: number;
  onView: (view: RowView) => void;
}

const ROW_PX = 30;
const HEAD_PX = 46;
// Browsers stop at some 33 million pixels; beyond that the scroll bar would lie.
const MOST_ROWS = 1_000_000;

/** Rows and columns drawn only where they are seen: a million rows, two hundred columns. */
export function DataGrid({ source, columns, total, onView }: DataGridProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const parent = useRef<HTMLDivElement>(null);
  const numberWidth = Math.max(52, String(total).length * 8 + 24);
  const rows = useVirtualizer({
    count: Math.min(total, MOST_ROWS),
    getScrollElement: () => parent.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    initialRect: { width: 1000, height: 600 },
  });
  const across = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => parent.current,
    estimateSize: (index) => columns[index]?.width ?? 120,
    overscan: 4,
    paddingStart: numberWidth,
    initialRect: { width: 1000, height: 600 },
  });
  const shown = rows.getVirtualItems();
  const seen = across.getVirtualItems();
  const data = useRows(source, shown[0]?.index ?? 0, shown.at(-1)?.index ?? 0);
  const width = across.getTotalSize();
  return (
    <>
      {data.error !== null && <ErrorPanel error={data.error} onRetry={data.retry} />}
      <div
        ref={parent}
        className={classes.viewport}
        role="table"
        aria-label={t("dataset.tableLabel", { name: source.name })}
        aria-rowcount={total + 1}
        aria-colcount={columns.length + 1}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
        tabIndex={0}
      >
        <div role="rowgroup" className={classes.head} style={{ width, height: HEAD_PX }}>
          <div role="row" aria-rowindex={1}>
            <div role="columnheader" className={classes.corner} style={{ width: numberWidth }}>
              #
            </div>
            {seen.map((item) => {
              const column = columns[item.index];
              if (column === undefined) return null;
              const { index, start } = item;
              return (
                <HeadCell
                  key={column.name}
                  {...{ column, index, left: start, view: source.view, onView }}
                />
              );
            })}
          </div>
        </div>
        <div role="rowgroup" style={{ width, height: rows.getTotalSize(), position: "relative" }}>
          {shown.map((item) => (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              className={classes.row}
              style={{ transform: `translateY(${item.start}px)`, height: ROW_PX, width }}
            >
              <div role="rowheader" className={classes.number} style={{ width: numberWidth }}>
                {formats.number(item.index + 1)}
              </div>
              <Cells items={seen} columns={columns} row={data.at(item.index)} />
            </div>
          ))}
        </div>
      </div>
    </>
  );
}

interface CellsProps {
  items: VirtualItem[];
  columns: GridColumn[];
  row: Row | undefined;
}

function Cells({ items, columns, row }: CellsProps) {
  const { t } = useTranslation();
  return items.map((item) => {
    const column = columns[item.index];
    const text = row === undefined || column === undefined ? null : cellText(row[column.name]);
    return (
      <div
        key={item.key}
        role="cell"
        aria-colindex={item.index + 2}
        className={classes.cell}
        data-number={column?.isNumeric === true || undefined}
        style={{ left: item.start, width: item.size }}
        title={text !== null && text.length > 24 ? text : undefined}
      >
        {row === undefined && <Skeleton height={10} width="60%" />}
        {row !== undefined && text === null && (
          <span className={classes.null}>{t("values.null")}</span>
        )}
        {text}
      </div>
    );
  });
}
