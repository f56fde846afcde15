import { change } from "./client";
import type { PlanWire, PreviewWire } from "./wire";

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
}

export interface PreviewRequest {
  connectionId: number;
  sql: string;
  timeZone: string | null;
  daysOffset: number | null;
  lastDataDate: string | null;
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
  };
}
