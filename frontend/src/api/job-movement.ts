import { change } from "./client";
import type { LookUp } from "./lookups";
import type { DryRunWire, JobDetailWire, JobListItemWire } from "./wire";

export const JOB_KINDS = ["export", "transfer", "sync"] as const;
export type JobKind = (typeof JOB_KINDS)[number];
export const MODES = ["replace", "append", "truncate"] as const;
export const MASKS = ["none", "hash", "null", "constant"] as const;
export const VERIFICATIONS = ["none", "counts", "checksums"] as const;
export const GONE = ["keep", "delete", "mark"] as const;
export const CONFLICTS = ["source", "target", "newest"] as const;

/** A column of the source and what becomes of it; named as the server names its members. */
export interface ColumnMap {
  source: string;
  target?: string | null;
  mask?: (typeof MASKS)[number];
  value?: string | null;
}

/** A table on its way. What this form does not show of it stays as it was. */
export interface MovedTable {
  source?: string | null;
  query?: string | null;
  target: string;
  columns?: ColumnMap[];
  where?: string | null;
  mode?: (typeof MODES)[number] | null;
  key?: string[];
  gone?: (typeof GONE)[number];
  gone_column?: string | null;
  conflict?: (typeof CONFLICTS)[number];
  newest_column?: string | null;
  cursor_column?: string | null;
  overlap_s?: number;
  constants?: Record<string, string>;
  lookups?: LookUp[];
}

/** What a transfer or a sync moves. */
export interface Movement {
  tables: MovedTable[];
  mode?: (typeof MODES)[number];
  include?: string[];
  exclude?: string[];
  parallel?: number;
  verify?: (typeof VERIFICATIONS)[number];
  split_above_mb?: number | null;
  on_error?: "stop" | "continue";
}

export interface JobMovement {
  jobKind: JobKind;
  targetConnectionId: number | null;
  /** Null for an export. */
  movement: Movement | null;
}

export interface ExpectedTable {
  source: string;
  target: string;
  rows: number | null;
  inserted: number | null;
  updated: number | null;
  deleted: number | null;
  error: string | null;
}

export function toMovement(wire: JobDetailWire | JobListItemWire): JobMovement {
  const found = wire.movement as Partial<Movement> | null;
  return {
    jobKind: wire.job_kind,
    targetConnectionId: wire.target_connection_id,
    movement: found === null ? null : { ...found, tables: found.tables ?? [] },
  };
}

export function movementToWire({ jobKind, targetConnectionId, movement }: JobMovement) {
  const isExport = jobKind === "export";
  return {
    job_kind: jobKind,
    target_connection_id: isExport ? null : targetConnectionId,
    movement: isExport ? null : { ...(movement ?? { tables: [] }) },
  };
}

/** What `:inicio`, `:fim` and business days depend on. */
export interface WindowOfJob {
  daysOffset: number | null;
  lastDataDate: string | null;
  calendarId: number | null;
}

export async function dryRun(
  connectionId: number,
  { jobKind, targetConnectionId, movement }: JobMovement,
  { daysOffset, lastDataDate, calendarId }: WindowOfJob,
): Promise<ExpectedTable[]> {
  const wire = await change<DryRunWire>("POST", "/api/movements/dry-run", {
    job_kind: jobKind,
    connection_id: connectionId,
    target_connection_id: targetConnectionId,
    movement,
    days_offset: daysOffset,
    last_data_date: lastDataDate,
    calendar_id: calendarId,
  });
  return wire.tables;
}
