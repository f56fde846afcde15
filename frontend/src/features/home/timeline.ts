import type { Overview } from "@/api/overview";
import type { RunState } from "@/lib/run-state";

export interface Hour {
  hour: number;
  counts: Partial<Record<RunState | "toCome", number>>;
}

const HOUR_MS = 3_600_000;

/** Today's occurrences by hour of the day; days of 23 and 25 hours have so many. */
export function byHour(overview: Overview): Hour[] {
  const start = overview.dayStart.getTime();
  const length = Math.round((overview.dayEnd.getTime() - start) / HOUR_MS);
  const hours: Hour[] = Array.from({ length }, (_, hour) => ({ hour, counts: {} }));
  const add = (at: Date, what: RunState | "toCome") => {
    const entry = hours[Math.floor((at.getTime() - start) / HOUR_MS)];
    if (entry !== undefined) entry.counts[what] = (entry.counts[what] ?? 0) + 1;
  };
  overview.today.forEach((run) => add(run.dueAt ?? run.queuedAt, run.state));
  overview.planned.forEach((planned) => add(planned.dueAt, "toCome"));
  return hours;
}

export type TimelineEntry =
  | { kind: "run"; at: Date; run: Overview["today"][number] }
  | { kind: "planned"; at: Date; planned: Overview["planned"][number] };

/** The occurrences around now: the last ones that were, the next ones that come. */
export function aroundNow(overview: Overview, past: number, coming: number) {
  const before = overview.today
    .map((run) => ({ kind: "run" as const, at: run.dueAt ?? run.queuedAt, run }))
    .sort((a, b) => a.at.getTime() - b.at.getTime())
    .slice(-past);
  const after = overview.planned
    .slice(0, coming)
    .map((planned) => ({ kind: "planned" as const, at: planned.dueAt, planned }));
  return { before, after };
}
