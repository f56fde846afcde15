import { z } from "zod";

// The server's content policy forbids compiling code from text, which zod would try.
z.config({ jitless: true });

// Faulty values in an address are left out, never an error page.
const text = z.string().optional().catch(undefined);
const number = z.coerce.number().int().positive().optional().catch(undefined);

export const loginSearch = z.object({ to: text });
export const jobsSearch = z.object({
  q: text,
  status: z.enum(["active", "inactive"]).optional().catch(undefined),
  connection: text,
  last: text,
  sort: text,
});
export const newJobSearch = z.object({ clone: number });
export const runsSearch = z.object({
  q: text,
  state: text,
  trigger: z.enum(["schedule", "manual"]).optional().catch(undefined),
  job: number,
  period: z.enum(["day", "week", "month"]).optional().catch(undefined),
  page: number,
});
export const datasetsSearch = z.object({ q: text, sort: text });
export const datasetSearch = z.object({
  tab: z.enum(["data", "connect", "history"]).optional().catch(undefined),
});
export const listSearch = z.object({ q: text });
export const logsSearch = z.object({
  q: text,
  level: text,
  job: number,
  run: number,
  user: text,
  page: number,
});

export type JobsSearch = z.infer<typeof jobsSearch>;
export type RunsSearch = z.infer<typeof runsSearch>;
export type LogsSearch = z.infer<typeof logsSearch>;
