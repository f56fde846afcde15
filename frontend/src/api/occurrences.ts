import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get } from "./client";
import { moment, momentOrNull } from "./convert";
import type { OccurrencesWire } from "./wire";

export type Outcome = OccurrencesWire["items"][number]["outcome"];

/** One time the schedule named, and what became or becomes of it. */
export interface Occurrence {
  dueAt: Date;
  outcome: Outcome;
  reason: string | null;
  /** A sentence of the server, in English. */
  message: string;
  runId: number | null;
  startedAt: Date | null;
  lateS: number | null;
}

export interface Occurrences {
  timeZone: string;
  items: Occurrence[];
  /** There are more in the range than these. */
  isCut: boolean;
  explanation: { code: string; message: string };
}

/** ISO days of the job's zone, both included. */
export interface DayRange {
  from: string;
  to: string;
}

export const occurrencesQuery = (jobId: number, range: DayRange) =>
  queryOptions({
    queryKey: ["jobs", jobId, "occurrences", range],
    queryFn: async ({ signal }): Promise<Occurrences> => {
      const path = `/api/jobs/${jobId}/occurrences`;
      const wire = await get<OccurrencesWire>(path, { from: range.from, to: range.to }, signal);
      return {
        timeZone: wire.time_zone,
        items: wire.items.map((item) => ({
          dueAt: moment(item.due_at),
          outcome: item.outcome,
          reason: item.reason,
          message: item.message,
          runId: item.run_id,
          startedAt: momentOrNull(item.started_at),
          lateS: item.late_s,
        })),
        isCut: wire.is_cut,
        explanation: wire.explanation,
      };
    },
    placeholderData: keepPreviousData,
  });
