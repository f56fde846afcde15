import type { RunTable } from "@/api/run-tables";

/** 1 to 99 while a table is being moved; null where nobody knows how many rows there are. */
export function tablePercent({ state, rows, rowsExpected }: RunTable): number | null {
  const isMoving = state === "running" || state === "committing";
  if (!isMoving || rowsExpected === null || rowsExpected <= 0) return null;
  return Math.max(1, Math.min(99, ((rows ?? 0) / rowsExpected) * 100));
}

/** The rows all tables of a run have or are expected to have; null while one is not known. */
export function rowsOfAll(tables: RunTable[]): number | null {
  let sum = 0;
  for (const { state, rows, rowsExpected } of tables) {
    const one = state === "done" ? rows : rowsExpected;
    if (one === null) return null;
    sum += one;
  }
  return sum > 0 ? sum : null;
}
