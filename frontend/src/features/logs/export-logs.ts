import { listLogs, type LogRecord } from "@/api/logs";
import { toServerFilter, type LogListFilter } from "./log-filter";

const SIZE = 200;
export const EXPORT_LIMIT = 10_000;

const HEAD = ["log_id", "timestamp", "level", "source", "job_id", "run_id", "user", "text", "ms"];

function field(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  return /[";\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function line(record: LogRecord): string {
  return [
    record.logId,
    record.at.toISOString(),
    record.level,
    record.logger,
    record.jobId,
    record.runId,
    record.user,
    record.text,
    record.durationMs,
  ]
    .map(field)
    .join(";");
}

export function toCsv(records: readonly LogRecord[]): string {
  return [HEAD.join(";"), ...records.map(line), ""].join("\r\n");
}

/** The records of a filter, newest first, up to the limit. Two pages may overlap: each once. */
export async function readAll(filter: LogListFilter) {
  const found = new Map<number, LogRecord>();
  let total = Infinity;
  for (let page = 1; (page - 1) * SIZE < Math.min(total, EXPORT_LIMIT); page += 1) {
    const answer = await listLogs({ ...toServerFilter(filter), page, size: SIZE });
    total = answer.total;
    answer.items.forEach((record) => found.set(record.logId, record));
    if (answer.items.length < SIZE) break;
  }
  return { records: [...found.values()], total };
}

/** Hands a text to the browser as a file. */
export function saveFile(name: string, text: string): void {
  // Excel takes a CSV for UTF-8 only with this mark.
  const url = URL.createObjectURL(new Blob(["\uFEFF", text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
