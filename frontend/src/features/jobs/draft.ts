import type { Job, JobDraft } from "@/api/jobs";
import type { ProposedPlan } from "@/api/moments";
import { EMPTY_SCHEDULE, isComplete, parseSchedule } from "@/lib/schedule";

export const EXPORT_TYPES = ["Único", "Mês", "Acumulado", "Chave"] as const;

export const NEW_DRAFT: JobDraft = {
  name: "",
  tags: [],
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
  cronText: null,
  everyMinutes: null,
  startsOn: null,
  endsOn: null,
  businessDays: null,
  calendarId: null,
  offDayPolicy: "run",
  missedPolicy: "last",
  missedCap: 24,
  missedWithinMin: null,
  overlapPolicy: "skip",
  priority: 0,
  retryLimit: null,
  noProgressLimitS: null,
  after: [],
  lastDataDate: null,
  gateCheckEveryMin: null,
  gateDeadlineMin: null,
  gateOnDeadline: "fail",
  fileFormat: "csv",
  compression: "none",
  dialect: null,
  guards: null,
  versionsKept: null,
  versionsKeptDays: null,
  keyColumns: null,
  parallelColumn: null,
  split: null,
  targets: [],
  jobKind: "export",
  targetConnectionId: null,
  movement: null,
  parameterSets: null,
};

const FIELDS = Object.keys(NEW_DRAFT) as (keyof JobDraft)[];

/** What a person edits of a job that was read. */
export function draftOf(job: Job): JobDraft {
  return Object.fromEntries(FIELDS.map((field) => [field, job[field]])) as unknown as JobDraft;
}

/** A copy that collides with nothing: another name, another file, inactive. */
export function cloneOf(job: Job, name: string): JobDraft {
  return {
    ...draftOf(job),
    name,
    exportName: clonedName(job),
    isActive: false,
    lastDataDate: null,
    // Two jobs never share a file at a target.
    targets: [],
  };
}

/** With parameter sets the number comes first, where no set can be called by it. */
function clonedName({ exportName, parameterSets }: Job): string {
  if (exportName === "") return "";
  return parameterSets === null ? `${exportName}_2` : `2_${exportName}`;
}

/** What of a draft says when it runs. */
export function planOf(draft: JobDraft): ProposedPlan {
  const { schedule, cronText, everyMinutes, startsOn, endsOn, timeZone } = draft;
  const { businessDays, calendarId, offDayPolicy } = draft;
  const times = { schedule, cronText, everyMinutes, businessDays };
  return { ...times, startsOn, endsOn, timeZone, calendarId, offDayPolicy };
}

/** The server's field names by ours. */
export const WIRE_NAMES: Readonly<Record<string, keyof JobDraft>> = {
  job_name: "name",
  tags: "tags",
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
  cron_text: "cronText",
  every_minutes: "everyMinutes",
  starts_on: "startsOn",
  ends_on: "endsOn",
  business_days: "businessDays",
  "business_days.days": "businessDays",
  "business_days.times": "businessDays",
  calendar_id: "calendarId",
  off_day_policy: "offDayPolicy",
  missed_policy: "missedPolicy",
  missed_cap: "missedCap",
  missed_within_min: "missedWithinMin",
  overlap_policy: "overlapPolicy",
  priority: "priority",
  retry_limit: "retryLimit",
  no_progress_limit_s: "noProgressLimitS",
  after: "after",
  last_data_date: "lastDataDate",
  gate_check_every_min: "gateCheckEveryMin",
  gate_deadline_min: "gateDeadlineMin",
  gate_on_deadline: "gateOnDeadline",
  file_format: "fileFormat",
  compression: "compression",
  dialect: "dialect",
  guards: "guards",
  versions_kept: "versionsKept",
  versions_kept_days: "versionsKeptDays",
  key_columns: "keyColumns",
  parallel_column: "parallelColumn",
  split: "split",
  targets: "targets",
  job_kind: "jobKind",
  target_connection_id: "targetConnectionId",
  movement: "movement",
  parameter_sets: "parameterSets",
};

export type DraftFault = "required" | "scheduleIncomplete";

/** What can be seen to be wrong without asking the server. */
export function checkDraft(draft: JobDraft): Partial<Record<keyof JobDraft, DraftFault>> {
  const faults: Partial<Record<keyof JobDraft, DraftFault>> = {};
  if (draft.name.trim() === "") faults.name = "required";
  if (draft.jobKind === "export") {
    if (draft.exportPath.trim() === "") faults.exportPath = "required";
    if (draft.exportName.trim() === "") faults.exportName = "required";
    if (draft.sql.trim() === "") faults.sql = "required";
  } else if (draft.targetConnectionId === null) faults.targetConnectionId = "required";
  if (draft.connectionId === null) faults.connectionId = "required";
  if (draft.cronText?.trim() === "") faults.cronText = "required";
  if (draft.businessDays !== null) {
    const { days, times } = draft.businessDays;
    if (days.length === 0 || times.length === 0) faults.businessDays = "scheduleIncomplete";
    if (draft.calendarId === null) faults.calendarId = "required";
  }
  if (draft.schedule.slots === undefined && !isComplete(parseSchedule(draft.schedule)))
    faults.schedule = "scheduleIncomplete";
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
