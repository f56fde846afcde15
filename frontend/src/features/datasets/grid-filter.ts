import type { Sort } from "@/ui/sort-head";
import type { GridColumn } from "./grid-columns";

export const OPS = [
  "eq",
  "ne",
  "gt",
  "gte",
  "lt",
  "lte",
  "between",
  "contains",
  "startswith",
  "endswith",
  "in",
  "empty",
  "filled",
] as const;
export type Op = (typeof OPS)[number];

export interface ColumnFilter {
  column: string;
  op: Op;
  /** One text; "from,to" for between, "a,b" for in, nothing for empty and filled. */
  value: string;
}

const TEXT: readonly Op[] = ["contains", "eq", "ne", "startswith", "endswith", "in"];
const ORDERED: readonly Op[] = ["eq", "ne", "gte", "lte", "gt", "lt", "between", "in"];
const ORDERED_TYPES = new Set(["date", "timestamp", "timestamp_tz", "time"]);

/** What can be asked of a column, the likeliest first. */
export function opsOf(column: GridColumn): readonly Op[] {
  const emptiness: Op[] = ["empty", "filled"];
  if (column.type === "boolean") return ["eq", ...emptiness];
  const isOrdered = column.isNumeric || ORDERED_TYPES.has(column.type);
  return [...(isOrdered ? ORDERED : TEXT), ...emptiness];
}

export function needsValue(op: Op): boolean {
  return op !== "empty" && op !== "filled";
}

/** The filter as the data API reads it; `__eq` too, as a column may be called `limit` or `sort`. */
function entryOf({ column, op, value }: ColumnFilter): [name: string, value: string] {
  if (op === "empty") return [`${column}__isnull`, "true"];
  if (op === "filled") return [`${column}__isnull`, "false"];
  return [`${column}__${op}`, value];
}

function filterOf(name: string, value: string): ColumnFilter {
  const mark = name.lastIndexOf("__");
  const suffix = mark < 0 ? "" : name.slice(mark + 2);
  const column = name.slice(0, mark);
  if (suffix === "isnull") return { column, op: value === "true" ? "empty" : "filled", value: "" };
  const op = OPS.find((known) => known === suffix);
  return op === undefined ? { column: name, op: "eq", value } : { column, op, value };
}

export function formatWhere(filters: readonly ColumnFilter[]): string {
  return new URLSearchParams(filters.map(entryOf)).toString();
}

export function parseWhere(where: string): ColumnFilter[] {
  return [...new URLSearchParams(where)].map(([name, value]) => filterOf(name, value));
}

/** One filter a column: a new one replaces the old, null takes it away. */
export function withFilter(where: string, column: string, filter: ColumnFilter | null): string {
  const others = parseWhere(where).filter((one) => one.column !== column);
  return formatWhere(filter === null ? others : [...others, filter]);
}

export function parseSorts(sort: string): Sort<string>[] {
  return sort
    .split(",")
    .filter((part) => part.replace(/^-/, "") !== "")
    .map((part) => ({ key: part.replace(/^-/, ""), isDescending: part.startsWith("-") }));
}

/** The column sorts alone; null when the rows stand as they were published. */
export function formatSingleSort(sort: Sort<string> | null): string {
  return sort === null ? "" : `${sort.isDescending ? "-" : ""}${sort.key}`;
}
