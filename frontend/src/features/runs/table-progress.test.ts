import { describe, expect, it } from "vitest";
import type { RunTable } from "@/api/run-tables";
import { rowsOfAll, tablePercent } from "./table-progress";

const table: RunTable = {
  position: 1,
  source: "s",
  target: "t",
  state: "running",
  rows: 250,
  rowsExpected: 1000,
  sizeBytes: null,
  inserted: null,
  updated: null,
  deleted: null,
  skipped: null,
  durationMs: null,
  rowsPerS: null,
  bytesPerS: null,
  isCompared: false,
  notes: [],
  errorCode: null,
  errorMessage: null,
};

describe("the progress of a table", () => {
  it("is what has arrived of what is expected, and never all before the end", () => {
    expect(tablePercent(table)).toBe(25);
    expect(tablePercent({ ...table, rows: null })).toBe(1);
    expect(tablePercent({ ...table, rows: 5000 })).toBe(99);
    expect(tablePercent({ ...table, rowsExpected: null })).toBeNull();
    expect(tablePercent({ ...table, state: "waiting" })).toBeNull();
    expect(tablePercent({ ...table, state: "done" })).toBeNull();
  });

  it("adds up over a run where every table is known, done ones with what they had", () => {
    const done: RunTable = { ...table, state: "done", rows: 7, rowsExpected: 900 };
    expect(rowsOfAll([table, done])).toBe(1007);
    expect(rowsOfAll([table, { ...table, rowsExpected: null }])).toBeNull();
    expect(rowsOfAll([])).toBeNull();
  });
});
