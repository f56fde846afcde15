import type { RunFilter } from "@/api/runs";
import type { RunState, Trigger } from "@/lib/run-state";

export type Period = "day" | "week" | "month";

export interface RunListFilter {
  q: string;
  states: RunState[];
  trigger: Trigger | null;
  jobId: number | null;
  period: Period | null;
  page: number;
}

export const PAGE_SIZE = 50;
const HOURS: Record<Period, number> = { day: 24, week: 24 * 7, month: 24 * 30 };
const MINUTE_MS = 60_000;

/** What to ask the server. The period starts at a whole minute, so that the key stays the same. */
export function toServerFilter(filter: RunListFilter, now: Date): RunFilter {
  const start =
    filter.period === null
      ? undefined
      : Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS - HOURS[filter.period] * 60 * MINUTE_MS;
  return {
    q: filter.q,
    states: filter.states,
    trigger: filter.trigger ?? undefined,
    jobId: filter.jobId ?? undefined,
    since: start === undefined ? undefined : new Date(start).toISOString(),
    page: filter.page,
    size: PAGE_SIZE,
  };
}

export function isFiltered(filter: RunListFilter): boolean {
  return (
    filter.q !== "" ||
    filter.states.length > 0 ||
    filter.trigger !== null ||
    filter.jobId !== null ||
    filter.period !== null
  );
}
