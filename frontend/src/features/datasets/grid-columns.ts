import type { Column } from "@/api/datasets";
import type { Row } from "@/api/rows";
import { cellText, isNumeric } from "./cell-text";

export interface GridColumn {
  name: string;
  type: string;
  nativeType: string;
  isNumeric: boolean;
  width: number;
}

// Digits are all as wide as the widest one.
const CHARACTER_PX = 7.4;
const DIGIT_PX = 8.2;
const PADDING_PX = 26;
const NARROWEST = 72;
const WIDEST = 380;
const SAMPLE = 60;
const NUMERIC_TYPES = new Set(["integer", "decimal", "float"]);

function widthOf(name: string, type: string, texts: string[], isNumeric: boolean): number {
  const longest = Math.max(name.length, type.length, ...texts.map((text) => text.length));
  return Math.round(
    Math.min(
      WIDEST,
      Math.max(NARROWEST, longest * (isNumeric ? DIGIT_PX : CHARACTER_PX) + PADDING_PX),
    ),
  );
}

function seenType(values: unknown[]): string {
  const found = values.find((value) => value !== null);
  if (found === undefined) return "unknown";
  if (typeof found === "boolean") return "boolean";
  return isNumeric(found) ? "number" : "text";
}

/** The columns of the manifest, or of the first rows where there is none; as wide as they need. */
export function gridColumns(columns: readonly Column[] | null, rows: readonly Row[]): GridColumn[] {
  const sample = rows.slice(0, SAMPLE);
  const named =
    columns ??
    Object.keys(sample[0] ?? {}).map((name) => ({
      name,
      type: seenType(sample.map((row) => row[name])),
      nativeType: "",
    }));
  return named.map((column) => {
    const values = sample.map((row) => row[column.name]);
    const isNumeric = NUMERIC_TYPES.has(column.type) || column.type === "number";
    return {
      ...column,
      isNumeric,
      width: widthOf(
        column.name,
        column.type,
        values.map((value) => cellText(value) ?? ""),
        isNumeric,
      ),
    };
  });
}
