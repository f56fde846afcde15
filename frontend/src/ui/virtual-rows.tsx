import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, type ReactNode } from "react";
import classes from "./virtual-rows.module.css";

interface VirtualRowsProps<T> {
  items: readonly T[];
  label: string;
  /** CSS grid columns shared by the head and every row. */
  columns: string;
  minWidth: number;
  rowHeight: number;
  head: ReactNode;
  keyOf: (item: T) => string | number;
  row: (item: T, index: number) => ReactNode;
  maxHeight?: string;
}

/** A table that draws only the rows in view: 10,000 scroll like 10. */
export function VirtualRows<T>(props: VirtualRowsProps<T>) {
  const parent = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: props.items.length,
    getScrollElement: () => parent.current,
    estimateSize: () => props.rowHeight,
    overscan: 8,
    initialRect: { width: 1000, height: 800 },
  });
  const style = { gridTemplateColumns: props.columns, minWidth: props.minWidth };
  return (
    <div
      ref={parent}
      className={classes.viewport}
      style={{ maxHeight: props.maxHeight ?? "calc(100dvh - 190px)" }}
      role="table"
      aria-label={props.label}
      aria-rowcount={props.items.length + 1}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
      tabIndex={0}
    >
      <div className={classes.head} role="rowgroup" style={{ minWidth: props.minWidth }}>
        <div role="row" aria-rowindex={1} className={classes.cells} style={style}>
          {props.head}
        </div>
      </div>
      <div
        role="rowgroup"
        style={{ height: virtual.getTotalSize(), position: "relative", minWidth: props.minWidth }}
      >
        {virtual.getVirtualItems().map((entry) => {
          const item = props.items[entry.index];
          if (item === undefined) return null;
          return (
            <div
              key={props.keyOf(item)}
              role="row"
              aria-rowindex={entry.index + 2}
              className={classes.row}
              style={{
                ...style,
                height: props.rowHeight,
                transform: `translateY(${entry.start}px)`,
              }}
            >
              {props.row(item, entry.index)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
