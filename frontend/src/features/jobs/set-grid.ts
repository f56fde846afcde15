import type { ParameterSet, QueryParameter } from "@/api/job-sets";

/** What stands for NULL in a column of text; in any other an empty cell does. */
const NULL_TEXT = "NULL";

export function cellText(value: string | null | undefined, { type }: QueryParameter): string {
  if (value === null) return type === "text" ? NULL_TEXT : "";
  return value ?? "";
}

export function cellValue(text: string, { type }: QueryParameter): string | null {
  return text === (type === "text" ? NULL_TEXT : "") ? null : text;
}

export function emptySet(parameters: readonly QueryParameter[]): ParameterSet {
  return {
    label: "",
    values: Object.fromEntries(parameters.map((one) => [one.name, cellValue("", one)])),
  };
}

/** Lines as Excel copies them, or with `;` between the cells; null: no more than one cell. */
export function pastedCells(text: string): string[][] | null {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n");
  const separator = text.includes("\t") ? "\t" : ";";
  const cells = lines.map((line) => line.split(separator).map((cell) => cell.trim()));
  return cells.length > 1 || (cells[0]?.length ?? 0) > 1 ? cells : null;
}

/** The sets with these cells from a row and column on; column 0 is the label. */
export function withCells(
  sets: readonly ParameterSet[],
  parameters: readonly QueryParameter[],
  place: { row: number; column: number },
  cells: readonly (readonly string[])[],
): ParameterSet[] {
  const next = sets.map((one) => ({ label: one.label, values: { ...one.values } }));
  const columns = ["label", ...parameters.map((one) => one.name)];
  const isHead = cells[0]?.every(
    (cell, index) => cell.toLowerCase() === columns[place.column + index]?.toLowerCase(),
  );
  (isHead ? cells.slice(1) : cells).forEach((line, lineIndex) => {
    const row = place.row + lineIndex;
    while (next.length <= row) next.push(emptySet(parameters));
    const one = next[row];
    line.forEach((cell, index) => {
      const column = place.column + index;
      const parameter = parameters[column - 1];
      if (one === undefined) return;
      if (column === 0) one.label = cell;
      else if (parameter) one.values[parameter.name] = cellValue(cell, parameter);
    });
  });
  return next;
}

/**
 * Every set has a value for each parameter and no other, after parameters were changed. No two of
 * them have one name: their values would be one.
 */
export function fitted(
  sets: readonly ParameterSet[],
  parameters: readonly QueryParameter[],
  before: readonly QueryParameter[],
): ParameterSet[] {
  return sets.map(({ label, values }) => ({
    label,
    values: Object.fromEntries(
      parameters.map((one, index) => {
        const old = before[index];
        const known = old !== undefined && before.length === parameters.length;
        const value = values[known ? old.name : one.name];
        return [one.name, value === null ? null : cellValue(value ?? "", one)];
      }),
    ),
  }));
}

const NAMED = /(?<![:\w'"]):([a-z_][a-z0-9_]*)/gi;

/** Names in the query that stand for no date: what is probably meant as a parameter. */
export function namesIn(sql: string, dates: readonly string[]): string[] {
  const found = [...sql.matchAll(NAMED)].map((one) => (one[1] ?? "").toLowerCase());
  return [...new Set(found)].filter((name) => !dates.includes(`:${name}`));
}
