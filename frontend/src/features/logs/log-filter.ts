import type { LogFilter, LogLevel } from "@/api/logs";

export interface LogListFilter {
  q: string;
  levels: LogLevel[];
  jobId: number | null;
  runId: number | null;
  user: string;
  page: number;
}

export const PAGE_SIZE = 100;

export function toServerFilter(filter: LogListFilter): LogFilter {
  return {
    q: filter.q,
    levels: filter.levels,
    jobId: filter.jobId ?? undefined,
    runId: filter.runId ?? undefined,
    user: filter.user,
    page: filter.page,
    size: PAGE_SIZE,
  };
}

export function isFiltered(filter: LogListFilter): boolean {
  return (
    filter.q !== "" ||
    filter.user !== "" ||
    filter.levels.length > 0 ||
    filter.jobId !== null ||
    filter.runId !== null
  );
}
