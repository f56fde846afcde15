import type { Dataset } from "@/api/datasets";
import type { Job } from "@/api/jobs";
import type { Sort } from "@/ui/sort-head";

export type Freshness = "fresh" | "stale" | "late" | "due" | "never" | "unknown";
export type DatasetSortKey = "name" | "asOf" | "rows" | "size" | "job";
const SORT_KEYS: readonly DatasetSortKey[] = ["name", "asOf", "rows", "size", "job"];

/** A line of the list: published by a job, or a file from elsewhere. */
export interface DatasetEntry {
  name: string;
  jobId: number | null;
  jobName: string | null;
  asOf: Date | null;
  rows: number | null;
  sizeBytes: number | null;
  freshness: Freshness;
  isUnused: boolean;
}

const LATE_MS = 5 * 60_000;

/** What people agreed on counts; without it the last run and the next one tell. */
function freshnessOf(dataset: Dataset, job: Job | undefined, now: number): Freshness {
  if (dataset.freshness !== null) return dataset.freshness;
  if (job === undefined) return "unknown";
  const state = job.lastRun?.state;
  if (state === "failed" || state === "interrupted") return "stale";
  const isLate = job.isActive && job.nextDueAt !== null && job.nextDueAt.getTime() < now - LATE_MS;
  return isLate ? "late" : "fresh";
}

export function entriesOf(
  datasets: readonly Dataset[],
  names: readonly string[],
  jobs: readonly Job[],
  now = Date.now(),
): DatasetEntry[] {
  const jobById = new Map(jobs.map((job) => [job.jobId, job]));
  const published = datasets.map((dataset) => ({
    name: dataset.name,
    jobId: dataset.jobId,
    jobName: dataset.jobName,
    asOf: dataset.asOf,
    rows: dataset.rows,
    sizeBytes: dataset.sizeBytes,
    freshness: freshnessOf(
      dataset,
      dataset.jobId === null ? undefined : jobById.get(dataset.jobId),
      now,
    ),
    isUnused: dataset.isUnused === true,
  }));
  const known = new Set(datasets.map((dataset) => dataset.name));
  const foreign = names
    .filter((name) => !known.has(name))
    .map((name) => ({
      name,
      jobId: null,
      jobName: null,
      asOf: null,
      rows: null,
      sizeBytes: null,
      freshness: "unknown" as const,
      isUnused: false,
    }));
  return [...published, ...foreign];
}

export function parseDatasetSort(text: string | undefined): Sort<DatasetSortKey> {
  const key = SORT_KEYS.find((known) => known === text?.replace(/^-/, ""));
  return { key: key ?? "name", isDescending: text?.startsWith("-") ?? false };
}

const VALUES: Record<DatasetSortKey, (entry: DatasetEntry) => string | number | null> = {
  name: (entry) => entry.name,
  asOf: (entry) => entry.asOf?.getTime() ?? null,
  rows: (entry) => entry.rows,
  size: (entry) => entry.sizeBytes,
  job: (entry) => entry.jobName,
};

/** What is unknown stands at the end, whatever the direction. */
export function sortEntries(
  entries: readonly DatasetEntry[],
  sort: Sort<DatasetSortKey>,
  locale: string,
): DatasetEntry[] {
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: "base" });
  const value = VALUES[sort.key];
  const factor = sort.isDescending ? -1 : 1;
  return [...entries].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    if (typeof x === "string") return factor * collator.compare(x, String(y));
    return factor * (x - Number(y));
  });
}
