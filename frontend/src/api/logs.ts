import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get } from "./client";
import { moment } from "./convert";
import type { Page } from "./runs";
import type { LogPageWire, LogWire } from "./wire";

export const LOG_LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogRecord {
  logId: number;
  at: Date;
  level: LogLevel | null;
  logger: string | null;
  jobId: number | null;
  runId: number | null;
  user: string | null;
  text: string;
  durationMs: number | null;
}

export interface LogFilter {
  levels?: LogLevel[] | undefined;
  jobId?: number | undefined;
  runId?: number | undefined;
  user?: string | undefined;
  q?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  page?: number | undefined;
  size?: number | undefined;
}

function toLogRecord(wire: LogWire): LogRecord {
  return {
    logId: wire.log_id,
    at: moment(wire.timestamp),
    level: wire.log_level as LogLevel | null,
    logger: wire.logger_name,
    jobId: wire.job_id,
    runId: wire.run_id,
    user: wire.user_name,
    text: wire.log_text,
    durationMs: wire.duration_ms,
  };
}

export async function listLogs(filter: LogFilter, signal?: AbortSignal): Promise<Page<LogRecord>> {
  const wire = await get<LogPageWire>(
    "/api/logs",
    {
      level: filter.levels,
      job_id: filter.jobId,
      run_id: filter.runId,
      user: filter.user,
      q: filter.q,
      since: filter.since,
      until: filter.until,
      page: filter.page,
      size: filter.size,
    },
    signal,
  );
  return { ...wire, items: wire.items.map(toLogRecord) };
}

export const logsQuery = (filter: LogFilter) =>
  queryOptions({
    queryKey: ["logs", filter],
    queryFn: ({ signal }) => listLogs(filter, signal),
    placeholderData: keepPreviousData,
  });
