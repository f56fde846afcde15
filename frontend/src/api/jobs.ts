import { queryOptions } from "@tanstack/react-query";
import type { RunState, Trigger } from "@/lib/run-state";
import type { ScheduleText } from "@/lib/schedule";
import { change, get, request } from "./client";
import { moment, momentOrNull } from "./convert";
import {
  planToWire,
  toPlan,
  toWindow,
  windowToWire,
  type JobPlan,
  type JobWindow,
} from "./job-plan";
import { movementToWire, toMovement, type JobMovement } from "./job-movement";
import { toParameterSets, type ParameterSets } from "./job-sets";
import { outputToWire, toOutput, type JobOutput } from "./job-output";
import type {
  JobCreatedWire,
  JobDetailWire,
  JobListItemWire,
  LastRunWire,
  ScheduleWire,
} from "./wire";

export interface LastRun {
  runId: number;
  state: RunState;
  reason: string | null;
  trigger: Trigger;
  dueAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  rows: number | null;
  errorCode: string | null;
}

export interface Job extends JobPlan, JobWindow, JobOutput, JobMovement {
  jobId: number;
  name: string;
  tags: string[];
  isActive: boolean;
  exportType: string;
  exportPath: string;
  exportName: string;
  daysOffset: number | null;
  checksParameter: boolean;
  parameterId: number | null;
  dateColumn: string | null;
  sql: string;
  schedule: ScheduleText;
  connectionId: number | null;
  connectionName: string | null;
  timeZone: string | null;
  effectiveTimeZone: string;
  timeLimitS: number | null;
  revision: number;
  pausedAt: Date | null;
  pausedBy: string | null;
  nextDueAt: Date | null;
  updatedAt: Date;
  dataset: string | null;
  lastRun: LastRun | null;
  /** The jobs that run after it; known of one job alone, none in the list. */
  followedBy: { jobId: number; name: string }[];
  /** Known of one job alone, null in the list. */
  parameterSets: ParameterSets | null;
}

/** What a person edits of a job. */
export interface JobDraft extends JobPlan, JobWindow, JobOutput, JobMovement {
  name: string;
  tags: string[];
  isActive: boolean;
  exportType: string;
  exportPath: string;
  exportName: string;
  daysOffset: number | null;
  checksParameter: boolean;
  parameterId: number | null;
  dateColumn: string | null;
  sql: string;
  schedule: ScheduleText;
  connectionId: number | null;
  timeZone: string | null;
  timeLimitS: number | null;
  parameterSets: ParameterSets | null;
}

function toLastRun(wire: LastRunWire): LastRun {
  return {
    runId: wire.run_id,
    state: wire.state as RunState,
    reason: wire.reason,
    trigger: wire.trigger as Trigger,
    dueAt: momentOrNull(wire.due_at),
    startedAt: momentOrNull(wire.started_at),
    finishedAt: momentOrNull(wire.finished_at),
    rows: wire.rows,
    errorCode: wire.error_code,
  };
}

export function toJob(wire: JobDetailWire | JobListItemWire): Job {
  return {
    jobId: wire.job_id,
    name: wire.job_name,
    tags: wire.tags,
    isActive: wire.job_status === "Y",
    exportType: wire.export_type,
    exportPath: wire.export_path,
    exportName: wire.export_name,
    daysOffset: wire.days_offset,
    checksParameter: wire.check_parameter === "Y",
    parameterId: wire.parameter_id,
    dateColumn: wire.data_primary_key,
    sql: wire.sql_script ?? "",
    schedule: toScheduleText(wire.schedule),
    connectionId: wire.connection_id,
    connectionName: wire.connection_name,
    timeZone: wire.time_zone,
    effectiveTimeZone: wire.time_zone_effective,
    timeLimitS: wire.time_limit_s,
    ...toPlan(wire),
    ...toWindow(wire),
    ...toOutput(wire),
    ...toMovement(wire),
    revision: wire.revision,
    pausedAt: momentOrNull(wire.paused_at),
    pausedBy: wire.paused_by,
    nextDueAt: momentOrNull(wire.next_due_at),
    updatedAt: moment(wire.updated_at),
    dataset: wire.dataset,
    lastRun: wire.last_run ? toLastRun(wire.last_run) : null,
    followedBy: ("followed_by" in wire ? wire.followed_by : []).map((one) => ({
      jobId: one.job_id,
      name: one.job_name,
    })),
    parameterSets: toParameterSets("parameter_sets" in wire ? wire.parameter_sets : null),
  };
}

/** Three texts say a grid only where every combination of them is a slot. */
function toScheduleText({ day, hour, minute, slots }: ScheduleWire): ScheduleText {
  return slots === null ? { day, hour, minute } : { day, hour, minute, slots };
}

function scheduleToWire({ slots, ...texts }: ScheduleText) {
  return slots === undefined ? texts : { slots };
}

function toWire(draft: JobDraft) {
  return {
    job_name: draft.name,
    tags: draft.tags,
    job_status: draft.isActive ? "Y" : "N",
    export_type: draft.exportType,
    export_path: draft.exportPath,
    export_name: draft.exportName,
    days_offset: draft.daysOffset,
    check_parameter: draft.checksParameter ? "Y" : "N",
    parameter_id: draft.parameterId,
    data_primary_key: draft.dateColumn,
    sql_script: draft.sql,
    connection_id: draft.connectionId,
    time_zone: draft.timeZone,
    time_limit_s: draft.timeLimitS,
    schedule: scheduleToWire(draft.schedule),
    ...planToWire(draft),
    ...windowToWire(draft),
    ...outputToWire(draft),
    ...movementToWire(draft),
    parameter_sets: draft.jobKind === "export" ? draft.parameterSets : null,
  };
}

/** Every job without its query, by name. */
export const jobsQuery = queryOptions({
  queryKey: ["jobs"],
  queryFn: async ({ signal }) =>
    (await get<JobListItemWire[]>("/api/jobs", { brief: true }, signal)).map(toJob),
});

export const jobQuery = (jobId: number) =>
  queryOptions({
    queryKey: ["jobs", jobId],
    queryFn: async ({ signal }) =>
      toJob(await get<JobDetailWire>(`/api/jobs/${jobId}`, undefined, signal)),
  });

export async function createJob(draft: JobDraft): Promise<number> {
  return (await change<JobCreatedWire>("POST", "/api/jobs", toWire(draft))).job_id;
}

/**
 * Save over the revision that was read; 412 `revision_conflict` when there is a newer one. The last
 * loaded day is sent only where it was edited: runs move it on meanwhile.
 */
export async function updateJob(base: Job, revision: number, draft: JobDraft): Promise<void> {
  const { last_data_date: lastDataDate, ...fields } = toWire(draft);
  const isReloaded = lastDataDate !== base.lastDataDate;
  await request(`/api/jobs/${base.jobId}`, {
    method: "PUT",
    body: isReloaded ? { ...fields, last_data_date: lastDataDate } : fields,
    headers: { "If-Match": `"${revision}"` },
  });
}

export async function setJobActive(job: Job, isActive: boolean): Promise<void> {
  await request(`/api/jobs/${job.jobId}`, {
    method: "PUT",
    body: { job_status: isActive ? "Y" : "N" },
    headers: { "If-Match": `"${job.revision}"` },
  });
}

/** Occurrences of a paused job are recorded and not run. */
export async function setJobPaused(jobId: number, paused: boolean): Promise<void> {
  await change("PUT", `/api/jobs/${jobId}/pause`, { paused });
}

export async function deleteJob(jobId: number): Promise<void> {
  await change("DELETE", `/api/jobs/${jobId}`);
}
