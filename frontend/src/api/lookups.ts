import { change } from "./client";
import type { MovedTable } from "./job-movement";
import type { LookUpTrialWire } from "./wire";

export const ASKED_FOR = ["new", "changed", "all"] as const;
export const ON_FAILURE = ["keep", "null", "skip", "fail"] as const;

/** How the value of a header looks that is kept and not shown. */
export const SEALED = "sealed:";

/** A column filled by asking a service; named as the server names its members. */
export interface LookUp {
  column: string;
  url: string;
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  secret_headers?: string[];
  body?: Record<string, unknown> | null;
  json_path?: string;
  only?: (typeof ASKED_FOR)[number];
  concurrency?: number;
  per_second?: number | null;
  timeout_s?: number;
  retries?: number;
  on_failure?: (typeof ON_FAILURE)[number];
}

export const NEW_LOOK_UP: LookUp = { column: "", url: "https://", method: "GET", json_path: "" };

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
