import type { MonthDays } from "@/api/job-plan";
import type { JobDraft } from "@/api/jobs";
import { EMPTY_SCHEDULE } from "@/lib/schedule";

export const PLAN_KINDS = ["times", "grid", "cron", "every", "month"] as const;
export type PlanKind = (typeof PLAN_KINDS)[number];

/** The members of a draft that say when it runs; only those of one kind are filled. */
export type PlanTimes = Pick<JobDraft, "schedule" | "cronText" | "everyMinutes" | "businessDays">;

export const DEFAULT_EVERY_MINUTES = 60;
export const DEFAULT_MONTH_DAYS: MonthDays = { days: [1], times: ["06:00"] };

export function kindOf(times: PlanTimes): PlanKind {
  if (times.cronText !== null) return "cron";
  if (times.everyMinutes !== null) return "every";
  if (times.businessDays !== null) return "month";
  return times.schedule.slots === undefined ? "times" : "grid";
}

/** What is filled for a kind; what was there before it was changed comes back. */
export function timesOf(kind: PlanKind, before: PlanTimes): PlanTimes {
  const nothing: PlanTimes = {
    schedule: EMPTY_SCHEDULE,
    cronText: null,
    everyMinutes: null,
    businessDays: null,
  };
  switch (kind) {
    case "times":
      // Times that differ from day to day are more than times of day can say.
      return before.schedule.slots === undefined
        ? { ...nothing, schedule: before.schedule }
        : nothing;
    case "grid":
      return { ...nothing, schedule: before.schedule };
    case "cron":
      return { ...nothing, cronText: before.cronText ?? "" };
    case "every":
      return { ...nothing, everyMinutes: before.everyMinutes ?? DEFAULT_EVERY_MINUTES };
    case "month":
      return { ...nothing, businessDays: before.businessDays ?? DEFAULT_MONTH_DAYS };
  }
}
