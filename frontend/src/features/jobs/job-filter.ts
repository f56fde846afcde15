import type { Job } from "@/api/jobs";
import { matches } from "@/lib/text";
import type { Sort } from "@/ui/sort-head";
import { hasTags } from "./tags";

export type JobSortKey = "name" | "connection" | "next" | "last" | "duration" | "rows";
const SORT_KEYS: readonly JobSortKey[] = ["name", "connection", "next", "last", "duration", "rows"];

export interface JobFilter {
  q: string;
  status: "active" | "inactive" | null;
  connection: string | null;
  last: string | null;
  tags: string[];
  sort: Sort<JobSortKey>;
}

/** "-next" is next, descending; anything unknown is by name. */
export function parseSort(text: string | undefined): Sort<JobSortKey> {
  const isDescending = text?.startsWith("-") ?? false;
  const key = SORT_KEYS.find((known) => known === text?.replace(/^-/, ""));
  return key === undefined ? { key: "name", isDescending: false } : { key, isDescending };
}

export function formatSort(sort: Sort<string>): string | undefined {
  const text = `${sort.isDescending ? "-" : ""}${sort.key}`;
  return text === "name" ? undefined : text;
}

export function durationOf(job: Job): number | null {
  const run = job.lastRun;
  if (!run?.startedAt || !run.finishedAt) return null;
  return run.finishedAt.getTime() - run.startedAt.getTime();
}

function lastMoment(job: Job): Date | null {
  const run = job.lastRun;
  return run === null ? null : (run.finishedAt ?? run.startedAt ?? run.dueAt);
}

const VALUES: Record<JobSortKey, (job: Job) => string | number | null> = {
  name: (job) => job.name,
  connection: (job) => job.connectionName,
  next: (job) => job.nextDueAt?.getTime() ?? null,
  last: (job) => lastMoment(job)?.getTime() ?? null,
  duration: durationOf,
  rows: (job) => job.lastRun?.rows ?? null,
};

/** Values that are missing stand at the end, whatever the direction. */
function compare(a: string | number | null, b: string | number | null, collator: Intl.Collator) {
  if (typeof a === "string" && typeof b === "string") return collator.compare(a, b);
  return Number(a) - Number(b);
}

export function filterJobs(jobs: readonly Job[], filter: JobFilter, locale: string): Job[] {
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: "base" });
  const value = VALUES[filter.sort.key];
  const factor = filter.sort.isDescending ? -1 : 1;
  return jobs
    .filter(
      (job) =>
        (filter.status === null || job.isActive === (filter.status === "active")) &&
        (filter.connection === null || job.connectionName === filter.connection) &&
        (filter.last === null || job.lastRun?.state === filter.last) &&
        hasTags(job, filter.tags) &&
        (filter.q === "" ||
          matches([job.name, job.dataset, job.exportName, ...job.tags].join(" "), filter.q)),
    )
    .map((job) => ({ job, value: value(job) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) {
        return Number(a.value === null) - Number(b.value === null);
      }
      return factor * compare(a.value, b.value, collator);
    })
    .map(({ job }) => job);
}
