import { momentOrNull } from "./convert";
import type { RunWire } from "./wire";

/** A unit whose data was open when the gate was last asked. */
export interface GateUnit {
  unit: string;
  /** ISO day; null: nothing of it is closed. */
  closedUntil: string | null;
}

/** The days a run stands for. Days are ISO texts of the job's zone. */
export interface RunDates {
  referenceDate: string | null;
  /** What stood for each date the query names. */
  binds: Record<string, string>;
  windowStart: string | null;
  windowEnd: string | null;
  gateUnits: GateUnit[];
  gateDeadlineAt: Date | null;
  backfillId: number | null;
  causedByRunId: number | null;
}

export function toRunDates(wire: RunWire): RunDates {
  return {
    referenceDate: wire.reference_date,
    binds: wire.binds ?? {},
    windowStart: wire.window_start,
    windowEnd: wire.window_end,
    gateUnits: (wire.gate_units ?? []).map(({ unit, closed_until }) => ({
      unit,
      closedUntil: closed_until,
    })),
    gateDeadlineAt: momentOrNull(wire.gate_deadline_at),
    backfillId: wire.backfill_id,
    causedByRunId: wire.caused_by_run_id,
  };
}
