import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { RunState, Trigger } from "@/lib/run-state";
import { change, get } from "./client";
import { moment, momentOrNull } from "./convert";
import { toRunDates, type RunDates } from "./run-dates";
import type { AttemptWire, RunDetailWire, RunPageWire, RunWire } from "./wire";

export interface Run extends RunDates {
  runId: number;
  jobId: number | null;
  jobName: string;
  dueAt: Date | null;
  trigger: Trigger;
  attempt: number;
  state: RunState;
  reason: string | null;
  queuedAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  durationMs: number | null;
  rows: number | null;
  sizeBytes: number | null;
  versionId: number | null;
  errorCode: string | null;
  errorMessage: string | null;
  requestedBy: string | null;
  worker: string | null;
  warning: string | null;
  priority: number;
  /** How far it is; null once it has ended. */
  phase: string | null;
  /** What keeps a queued run from being given to a worker. */
  waitingFor: string | null;
  notBefore: Date | null;
  /** Of an occurrence left out for its day; null: a weekend. */
  holiday: string | null;
}

export interface Attempt {
  attempt: number;
  workerName: string;
  state: RunState;
  reason: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  /** Whether trying again may help: transient, permanent, unknown. */
  errorClass: string | null;
  startedAt: Date;
  finishedAt: Date | null;
  retryAt: Date | null;
}

export interface RunDetail extends Run {
  attempts: Attempt[];
  executedSql: string | null;
  cancelRequestedBy: string | null;
  retryAt: Date | null;
  progressAt: Date | null;
  rowsPerS: number | null;
  bytesPerS: number | null;
  /** Medians of the earlier successful runs; null where there are fewer than two. */
  expectedDurationMs: number | null;
  expectedRows: number | null;
}

export interface RunFilter {
  jobId?: number | undefined;
  states?: RunState[] | undefined;
  trigger?: Trigger | undefined;
  since?: string | undefined;
  until?: string | undefined;
  q?: string | undefined;
  page?: number | undefined;
  size?: number | undefined;
}

export interface Page<T> {
  items: T[];
  total: number;
  page: number;
  size: number;
}

export function toRun(wire: RunWire): Run {
  return {
    runId: wire.run_id,
    jobId: wire.job_id,
    jobName: wire.job_name,
    dueAt: momentOrNull(wire.due_at),
    trigger: wire.trigger as Trigger,
    attempt: wire.attempt,
    state: wire.state as RunState,
    reason: wire.reason,
    queuedAt: moment(wire.queued_at),
    startedAt: momentOrNull(wire.started_at),
    finishedAt: momentOrNull(wire.finished_at),
    durationMs: wire.duration_ms,
    rows: wire.rows,
    sizeBytes: wire.size_bytes,
    versionId: wire.version,
    errorCode: wire.error_code,
    errorMessage: wire.error_message,
    requestedBy: wire.requested_by,
    worker: wire.worker,
    warning: wire.warning,
    priority: wire.priority,
    phase: wire.phase,
    waitingFor: wire.waiting_for,
    notBefore: momentOrNull(wire.not_before),
    holiday: wire.holiday,
    ...toRunDates(wire),
  };
}

function toAttempt(wire: AttemptWire): Attempt {
  return {
    attempt: wire.attempt,
    workerName: wire.worker_name,
    state: wire.state as RunState,
    reason: wire.reason,
    errorCode: wire.error_code,
    errorMessage: wire.error_message,
    errorClass: wire.error_class,
    startedAt: moment(wire.started_at),
    finishedAt: momentOrNull(wire.finished_at),
    retryAt: momentOrNull(wire.retry_at),
  };
}

function toRunDetail(wire: RunDetailWire): RunDetail {
  return {
    ...toRun(wire),
    rows: wire.progress?.rows ?? wire.rows,
    sizeBytes: wire.progress?.size_bytes ?? wire.size_bytes,
    attempts: wire.attempts.map(toAttempt),
    executedSql: wire.executed_sql,
    cancelRequestedBy: wire.cancel_requested_by,
    retryAt: momentOrNull(wire.retry_at),
    progressAt: momentOrNull(wire.progress?.updated_at),
    rowsPerS: wire.progress?.rows_per_s ?? null,
    bytesPerS: wire.progress?.bytes_per_s ?? null,
    expectedDurationMs: wire.expected_duration_ms,
    expectedRows: wire.expected_rows,
  };
}

/** True while something may still happen to the run. */
export function isActive(run: { state: RunState; retryAt?: Date | null }): boolean {
  if (run.state === "interrupted") return run.retryAt !== null && run.retryAt !== undefined;
  return run.state === "queued" || run.state === "running";
}

async function listRuns(filter: RunFilter, signal: AbortSignal): Promise<Page<Run>> {
  const wire = await get<RunPageWire>(
    "/api/runs",
    {
      job_id: filter.jobId,
      state: filter.states,
      trigger: filter.trigger,
      since: filter.since,
      until: filter.until,
      q: filter.q,
      page: filter.page,
      size: filter.size,
    },
    signal,
  );
  return { ...wire, items: wire.items.map(toRun) };
}

export const runsQuery = (filter: RunFilter) =>
  queryOptions({
    queryKey: ["runs", "list", filter],
    queryFn: ({ signal }) => listRuns(filter, signal),
    placeholderData: keepPreviousData,
  });

export const runQuery = (runId: number) =>
  queryOptions({
    queryKey: ["runs", "one", runId],
    queryFn: async ({ signal }) =>
      toRunDetail(await get<RunDetailWire>(`/api/runs/${runId}`, undefined, signal)),
  });

export async function startRun(jobId: number): Promise<Run> {
  return toRun(await change<RunWire>("POST", `/api/jobs/${jobId}/runs`));
}

export async function cancelRun(runId: number): Promise<RunDetail> {
  return toRunDetail(await change<RunDetailWire>("POST", `/api/runs/${runId}/cancel`));
}
