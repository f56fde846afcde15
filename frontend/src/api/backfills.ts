import { queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import { moment } from "./convert";
import type { BackfillPageWire, BackfillWire } from "./wire";

export const STEPS = ["month", "day", "whole"] as const;
export type Step = (typeof STEPS)[number];

/** Runs over days that are past, asked for together. Days are ISO texts. */
export interface Backfill {
  backfillId: number;
  firstDate: string;
  lastDate: string;
  step: Step;
  state: string;
  /** 0 to 1. */
  progress: number;
  total: number;
  counts: Record<string, number>;
  createdAt: Date;
  createdBy: string | null;
}

export interface BackfillRequest {
  firstDate: string;
  lastDate: string;
  step: Step;
}

function toBackfill(wire: BackfillWire): Backfill {
  return {
    backfillId: wire.backfill_id,
    firstDate: wire.first_date,
    lastDate: wire.last_date,
    step: wire.step,
    state: wire.state,
    progress: wire.progress,
    total: wire.total,
    counts: wire.counts,
    createdAt: moment(wire.created_at),
    createdBy: wire.created_by,
  };
}

export const backfillsQuery = (jobId: number) =>
  queryOptions({
    queryKey: ["runs", "backfills", jobId],
    queryFn: async ({ signal }) =>
      (
        await get<BackfillPageWire>("/api/backfills", { job_id: jobId, size: 10 }, signal)
      ).items.map(toBackfill),
  });

export async function startBackfill(jobId: number, wanted: BackfillRequest): Promise<Backfill> {
  const body = { first_date: wanted.firstDate, last_date: wanted.lastDate, step: wanted.step };
  return toBackfill(await change<BackfillWire>("POST", `/api/jobs/${jobId}/backfills`, body));
}

export async function cancelBackfill(backfillId: number): Promise<void> {
  await change("POST", `/api/backfills/${backfillId}/cancel`);
}
