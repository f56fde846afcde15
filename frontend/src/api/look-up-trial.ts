import { change } from "./client";
import type { MovedTable } from "./job-movement";
import type { LookUp } from "./lookups";
import type { LookUpTrialWire } from "./wire";

export interface Trial {
  values: Record<string, string>;
  outcome: string;
  value: string | null;
  problem: string;
  status: number | null;
  answer: string;
  durationMs: number;
}

/** Asks once, with the first row of the table. */
export async function tryLookUp(
  connectionId: number | null,
  table: MovedTable,
  lookup: LookUp,
): Promise<Trial> {
  const { source, query, where, columns, target } = table;
  const wire = await change<LookUpTrialWire>("POST", "/api/movements/look-up", {
    connection_id: connectionId,
    table: { source, query, where, columns: columns ?? [], target: target || "-" },
    lookup,
    values: {},
  });
  const { duration_ms: durationMs, ...rest } = wire;
  return { ...rest, durationMs };
}
