import * as z from "zod/mini";
import { FIRST_YEAR, LAST_YEAR } from "@/lib/calendar-years";
import { TRIGGERS } from "@/lib/run-state";

// The server's content policy forbids compiling code from text, which zod would try.
z.config({ jitless: true });

// Faulty values in an address are left out, never an error page.
const text = z.catch(z.optional(z.string()), undefined);
const number = z.catch(z.optional(z.coerce.number().check(z.int(), z.positive())), undefined);
const oneOf = <const T extends readonly string[]>(values: T) =>
  z.catch(z.optional(z.enum(values)), undefined);

export const loginSearch = z.object({ to: text });
export const jobsSearch = z.object({
  q: text,
  status: oneOf(["active", "inactive"]),
  connection: text,
  last: text,
  tag: text,
  sort: text,
});
export const newJobSearch = z.object({ clone: number });
export const whySearch = z.object({ from: text, to: text });
export const runsSearch = z.object({
  q: text,
  state: text,
  trigger: oneOf(TRIGGERS),
  job: number,
  period: oneOf(["day", "week", "month"]),
  page: number,
});
export const datasetsSearch = z.object({ q: text, sort: text, use: oneOf(["none"]) });
export const datasetSearch = z.object({
  tab: oneOf(["data", "connect", "history", "readers"]),
  sort: text,
  where: text,
});
export const notificationsSearch = z.object({
  tab: oneOf(["rules", "channels"]),
  state: oneOf(["waiting", "sending", "sent", "failed", "muted"]),
  channel: number,
  job: number,
  page: number,
});
const year = z.catch(
  z.optional(z.coerce.number().check(z.int(), z.gte(FIRST_YEAR), z.lte(LAST_YEAR))),
  undefined,
);
export const calendarSearch = z.object({ year });
export const listSearch = z.object({ q: text });
export const auditSearch = z.object({ q: text, page: number });
export const logsSearch = z.object({
  q: text,
  level: text,
  job: number,
  run: number,
  user: text,
  page: number,
});

export type DatasetSearch = z.infer<typeof datasetSearch>;
export type JobsSearch = z.infer<typeof jobsSearch>;
export type RunsSearch = z.infer<typeof runsSearch>;
export type NotificationsSearch = z.infer<typeof notificationsSearch>;
export type LogsSearch = z.infer<typeof logsSearch>;
