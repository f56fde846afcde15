import { queryOptions } from "@tanstack/react-query";
import { get } from "./client";
import type { RunTableWire } from "./wire";

export const TABLE_STATES = ["waiting", "running", "committing", "done", "failed"] as const;
export type TableState = (typeof TABLE_STATES)[number];

/** One table of a run that moves tables. */
export interface RunTable {
  position: number;
  source: string;
  target: string;
  state: TableState;
  /** So far, while it is being moved. */
  rows: number | null;
  /** An estimate: of the source's statistics, or what the last run brought. */
  rowsExpected: number | null;
  sizeBytes: number | null;
  inserted: number | null;
  updated: number | null;
  deleted: number | null;
  skipped: number | null;
  durationMs: number | null;
  rowsPerS: number | null;
  bytesPerS: number | null;
  isCompared: boolean;
  notes: string[];
  errorCode: string | null;
  errorMessage: string | null;
}

function toRunTable(wire: RunTableWire): RunTable {
  return {
    position: wire.position,
    source: wire.source,
    target: wire.target,
    state: wire.state as TableState,
    rows: wire.rows,
    rowsExpected: wire.rows_expected,
    sizeBytes: wire.size_bytes,
    inserted: wire.inserted,
    updated: wire.updated,
    deleted: wire.deleted,
    skipped: wire.skipped,
    durationMs: wire.duration_ms,
    rowsPerS: wire.rows_per_s,
    bytesPerS: wire.bytes_per_s,
    isCompared: wire.checks !== null,
    notes: wire.notes ?? [],
    errorCode: wire.error_code,
    errorMessage: wire.error_message,
  };
}

export const runTablesQuery = (runId: number) =>
  queryOptions({
    queryKey: ["runs", "tables", runId],
    queryFn: async ({ signal }) =>
      (await get<RunTableWire[]>(`/api/runs/${runId}/tables`, undefined, signal)).map(toRunTable),
  });
