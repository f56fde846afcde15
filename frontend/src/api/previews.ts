import { change } from "./client";
import { moment } from "./convert";
import type { Dialect } from "./job-output";
import type { ColumnConcernWire, PlanWire, PreviewWire } from "./wire";

export const PREVIEW_ROWS = 100;

export interface PreviewColumn {
  name: string;
  type: string;
  nativeType: string;
}

export interface Preview {
  columns: PreviewColumn[];
  rows: (string | null)[][];
  isCut: boolean;
  elapsedMs: number;
  /** What stood for each date the query names; ISO days. */
  binds: Record<string, string>;
  concerns: ColumnConcern[];
}

/** A published column that a query would take away or change, and who reads it. */
export interface ColumnConcern {
  column: string;
  change: "gone" | "renamed" | "retyped";
  /** Its new name or type. */
  now: string | null;
  readers: ColumnReader[];
}

interface ColumnReader {
  reader: string;
  tool: string;
  lastReadAt: Date;
  readsAll: boolean;
}

export interface PreviewRequest {
  connectionId: number;
  sql: string;
  timeZone: string | null;
  daysOffset: number | null;
  lastDataDate: string | null;
  calendarId: number | null;
  /** The job the query is meant for, null for a new one, and how its file is written. */
  jobId: number | null;
  dialect: Dialect | null;
  /** Of the parameter set it is tried with. */
  setValues: { name: string; type: string; value: string | null }[];
}

function toConcern(wire: ColumnConcernWire): ColumnConcern {
  return {
    column: wire.column,
    change: wire.change,
    now: wire.now,
    readers: wire.readers.map((one) => ({
      reader: one.reader,
      tool: one.tool,
      lastReadAt: moment(one.last_read_at),
      readsAll: one.reads_all,
    })),
  };
}

/** What the query would change for those who read the job's dataset; the query is not run. */
export async function checkColumns(
  jobId: number,
  wanted: PreviewRequest,
): Promise<ColumnConcern[]> {
  const wire = await change<ColumnConcernWire[]>("POST", `/api/jobs/${jobId}/columns`, {
    ...queryWire(wanted),
    dialect: wanted.dialect,
  });
  return wire.map(toConcern).filter((concern) => concern.readers.length > 0);
}

/** How the database would run a query, in its own words. */
export interface Plan {
  text: string;
  elapsedMs: number;
}

const queryWire = (wanted: PreviewRequest) => ({
  connection_id: wanted.connectionId,
  sql_script: wanted.sql,
  time_zone: wanted.timeZone,
  days_offset: wanted.daysOffset,
  last_data_date: wanted.lastDataDate,
  calendar_id: wanted.calendarId,
  set_values: wanted.setValues,
});

/** The plan of a query that need not be saved; the query is not run. */
export async function explainQuery(wanted: PreviewRequest): Promise<Plan> {
  const wire = await change<PlanWire>("POST", "/api/preview/plan", queryWire(wanted));
  return { text: wire.lines.join("\n"), elapsedMs: wire.elapsed_ms };
}

/** The first rows of a query that need not be saved; nothing is published. */
export async function previewQuery(wanted: PreviewRequest): Promise<Preview> {
  const wire = await change<PreviewWire>("POST", "/api/preview", {
    ...queryWire(wanted),
    limit: PREVIEW_ROWS,
    job_id: wanted.jobId,
    dialect: wanted.dialect,
  });
  return {
    columns: wire.columns.map((column) => ({
      name: column.name,
      type: column.type,
      nativeType: column.native_type,
    })),
    rows: wire.rows,
    isCut: wire.is_cut,
    elapsedMs: wire.elapsed_ms,
    binds: wire.binds,
    concerns: wire.concerns.map(toConcern).filter((concern) => concern.readers.length > 0),
  };
}
