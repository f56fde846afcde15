import type { JobDraft } from "@/api/jobs";
import { EMPTY_SCHEDULE } from "@/lib/schedule";

export const PLAN_KINDS = ["times", "grid", "cron", "every"] as const;
export type PlanKind = (typeof PLAN_KINDS)[number];

/** The members of a draft that say when it runs; only those of one kind are filled. */
export type PlanTimes = Pick<JobDraft, "schedule" | "cronText" | "everyMinutes">;

export const DEFAULT_EVERY_MINUTES = 60;

export function kindOf(times: PlanTimes): PlanKind {
  if (times.cronText !== null) return "cron";
  if (times.everyMinutes !== null) return "every";
  return times.schedule.slots === undefined ? "times" : "grid";
}

/** What is filled for a kind; what was there before it was changed comes back. */
export function timesOf(kind: PlanKind, before: PlanTimes): PlanTimes {
  const nothing: PlanTimes = { schedule: EMPTY_SCHEDULE, cronText: null, everyMinutes: null };
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
  }
}
