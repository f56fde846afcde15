import { queryOptions } from "@tanstack/react-query";
import { ApiProblem } from "./problem";
import type { ReadinessWire } from "./wire";

export interface WorkerHealth {
  name: string;
  isScheduler: boolean;
  heartbeatAgeS: number | null;
  /** Negative: behind the database's. */
  clockAheadS: number | null;
}

export interface Readiness {
  isReady: boolean;
  database: string;
  isSchemaCurrent: boolean | null;
  isEmbedded: boolean;
  schedulerAgeS: number | null;
  workers: WorkerHealth[];
  clockLimitS: number;
}

function toReadiness(wire: ReadinessWire): Readiness {
  return {
    isReady: wire.ready,
    database: wire.database,
    isSchemaCurrent: wire.schema_current,
    isEmbedded: wire.embedded,
    schedulerAgeS: wire.scheduler_heartbeat_age_s,
    workers: wire.workers.map((worker) => ({
      name: worker.name,
      isScheduler: worker.is_scheduler,
      heartbeatAgeS: worker.heartbeat_age_s,
      clockAheadS: worker.clock_ahead_s,
    })),
    clockLimitS: wire.clock_limit_s,
  };
}

/** 503 with the same body is an answer here, not a failure. */
async function readReadiness(signal: AbortSignal): Promise<Readiness> {
  try {
    const response = await fetch("/readyz", { signal, headers: { Accept: "application/json" } });
    return toReadiness((await response.json()) as ReadinessWire);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiProblem({ status: 0, code: "network", detail: "The server does not answer." });
  }
}

export const readinessQuery = queryOptions({
  queryKey: ["readiness"],
  queryFn: ({ signal }) => readReadiness(signal),
});
