import { ExactNumber } from "@/lib/json-exact";

/** A value of the data as it is read; null for NULL. Nothing is rounded or localised. */
export function cellText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (value instanceof ExactNumber) return value.text;
  return JSON.stringify(value);
}

export function isNumeric(value: unknown): boolean {
  return typeof value === "number" || value instanceof ExactNumber;
}
