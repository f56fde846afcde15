import type { OffDayPolicy } from "./calendars";
import type { DependencyWire, JobDetailWire, JobListItemWire } from "./wire";

export const MISSED_POLICIES = ["last", "none", "all"] as const;
export const OVERLAP_POLICIES = ["skip", "queue", "allow"] as const;
export const CONDITIONS = ["success", "failure", "completion"] as const;
export const ON_DEADLINE = ["fail", "run"] as const;

/** A job whose runs start another one. */
export interface Dependency {
  jobId: number;
  condition: (typeof CONDITIONS)[number];
}

/** Times on the nth business days of a month; -1 is the last, -2 the one before it. */
export interface MonthDays {
  days: number[];
  times: string[];
}

/** By what else than a grid a job is planned, and by which rules its runs are executed. */
export interface JobPlan {
  cronText: string | null;
  everyMinutes: number | null;
  /** ISO days of the job's zone, both included. */
  startsOn: string | null;
  endsOn: string | null;
  businessDays: MonthDays | null;
  calendarId: number | null;
  offDayPolicy: OffDayPolicy;
  missedPolicy: (typeof MISSED_POLICIES)[number];
  missedCap: number;
  missedWithinMin: number | null;
  overlapPolicy: (typeof OVERLAP_POLICIES)[number];
  priority: number;
  retryLimit: number | null;
  noProgressLimitS: number | null;
  /** The job runs after each run of these that ends so. */
  after: Dependency[];
}

/** The days a query reads and the gate it waits at; null minutes are those of the server. */
export interface JobWindow {
  lastDataDate: string | null;
  gateCheckEveryMin: number | null;
  gateDeadlineMin: number | null;
  gateOnDeadline: (typeof ON_DEADLINE)[number];
}

const toDependency = (wire: DependencyWire): Dependency => ({
  jobId: wire.job_id,
  condition: wire.condition,
});

export function toPlan(wire: JobListItemWire | JobDetailWire): JobPlan {
  return {
    cronText: wire.cron_text,
    everyMinutes: wire.every_minutes,
    startsOn: wire.starts_on,
    endsOn: wire.ends_on,
    businessDays: wire.business_days,
    calendarId: wire.calendar_id,
    offDayPolicy: wire.off_day_policy,
    missedPolicy: wire.missed_policy,
    missedCap: wire.missed_cap,
    missedWithinMin: wire.missed_within_min,
    overlapPolicy: wire.overlap_policy,
    priority: wire.priority,
    retryLimit: wire.retry_limit,
    noProgressLimitS: wire.no_progress_limit_s,
    after: wire.after.map(toDependency),
  };
}

export function planToWire(plan: JobPlan) {
  return {
    cron_text: plan.cronText,
    every_minutes: plan.everyMinutes,
    starts_on: plan.startsOn,
    ends_on: plan.endsOn,
    business_days: plan.businessDays,
    calendar_id: plan.calendarId,
    off_day_policy: plan.offDayPolicy,
    missed_policy: plan.missedPolicy,
    missed_cap: plan.missedCap,
    missed_within_min: plan.missedWithinMin,
    overlap_policy: plan.overlapPolicy,
    priority: plan.priority,
    retry_limit: plan.retryLimit,
    no_progress_limit_s: plan.noProgressLimitS,
    after: plan.after.map(({ jobId, condition }) => ({ job_id: jobId, condition })),
  };
}

export function toWindow(wire: JobListItemWire | JobDetailWire): JobWindow {
  return {
    lastDataDate: wire.last_data_date,
    gateCheckEveryMin: wire.gate_check_every_min,
    gateDeadlineMin: wire.gate_deadline_min,
    gateOnDeadline: wire.gate_on_deadline,
  };
}

export function windowToWire(window: JobWindow) {
  return {
    last_data_date: window.lastDataDate,
    gate_check_every_min: window.gateCheckEveryMin,
    gate_deadline_min: window.gateDeadlineMin,
    gate_on_deadline: window.gateOnDeadline,
  };
}
