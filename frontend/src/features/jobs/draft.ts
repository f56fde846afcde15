import type { Job, JobDraft } from "@/api/jobs";
import { EMPTY_SCHEDULE, isComplete, parseSchedule } from "@/lib/schedule";

export const EXPORT_TYPES = ["Único", "Mês", "Acumulado"] as const;

export const NEW_DRAFT: JobDraft = {
  name: "",
  isActive: false,
  exportType: "Único",
  exportPath: "",
  exportName: "",
  daysOffset: null,
  checksParameter: false,
  parameterId: null,
  dateColumn: null,
  sql: "",
  schedule: EMPTY_SCHEDULE,
  connectionId: null,
  timeZone: null,
  timeLimitS: null,
};

export function draftOf(job: Job): JobDraft {
  return {
    name: job.name,
    isActive: job.isActive,
    exportType: job.exportType,
    exportPath: job.exportPath,
    exportName: job.exportName,
    daysOffset: job.daysOffset,
    checksParameter: job.checksParameter,
    parameterId: job.parameterId,
    dateColumn: job.dateColumn,
    sql: job.sql,
    schedule: job.schedule,
    connectionId: job.connectionId,
    timeZone: job.timeZone,
    timeLimitS: job.timeLimitS,
  };
}

/** A copy that collides with nothing: another name, another file, inactive. */
export function cloneOf(job: Job, name: string): JobDraft {
  return { ...draftOf(job), name, exportName: `${job.exportName}_2`, isActive: false };
}

/** The server's field names by ours. */
export const WIRE_NAMES: Readonly<Record<string, keyof JobDraft>> = {
  job_name: "name",
  job_status: "isActive",
  export_type: "exportType",
  export_path: "exportPath",
  export_name: "exportName",
  days_offset: "daysOffset",
  check_parameter: "checksParameter",
  parameter_id: "parameterId",
  data_primary_key: "dateColumn",
  sql_script: "sql",
  connection_id: "connectionId",
  time_zone: "timeZone",
  time_limit_s: "timeLimitS",
  schedule: "schedule",
};

export type DraftFault = "required" | "scheduleIncomplete";

/** What can be seen to be wrong without asking the server. */
export function checkDraft(draft: JobDraft): Partial<Record<keyof JobDraft, DraftFault>> {
  const faults: Partial<Record<keyof JobDraft, DraftFault>> = {};
  if (draft.name.trim() === "") faults.name = "required";
  if (draft.exportPath.trim() === "") faults.exportPath = "required";
  if (draft.exportName.trim() === "") faults.exportName = "required";
  if (draft.sql.trim() === "") faults.sql = "required";
  if (draft.connectionId === null) faults.connectionId = "required";
  if (!isComplete(parseSchedule(draft.schedule))) faults.schedule = "scheduleIncomplete";
  return faults;
}

export interface Difference {
  field: keyof JobDraft;
  mine: JobDraft[keyof JobDraft];
  theirs: JobDraft[keyof JobDraft];
}

export function differences(mine: JobDraft, theirs: JobDraft): Difference[] {
  return (Object.keys(mine) as (keyof JobDraft)[])
    .filter((field) => JSON.stringify(mine[field]) !== JSON.stringify(theirs[field]))
    .map((field) => ({ field, mine: mine[field], theirs: theirs[field] }));
}
