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
  /** The name of a day that is no business day; null: a weekend, or any other day. */
  holiday: string | null;
  /** When it runs instead, because its day is no business day. */
  movesTo: Date | null;
}

export interface Occurrences {
  timeZone: string;
  items: Occurrence[];
  /** There are more in the range than these. */
  isCut: boolean;
  explanation: { code: string; sentences: Sentence[] };
}

/** What there is to say, as a code and what it names. */
export interface Sentence {
  code: string;
  count: number | null;
  ran: number | null;
  reason: string | null;
  /** How often each, the most frequent first. */
  reasons: Record<string, number> | null;
  by: string | null;
  holidays: string | null;
  at: Date | null;
  since: Date | null;
  first: Date | null;
  last: Date | null;
  /** ISO days of the job's zone. */
  firstDay: string | null;
  lastDay: string | null;
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
          holiday: item.holiday,
          movesTo: momentOrNull(item.moves_to),
        })),
        isCut: wire.is_cut,
        explanation: {
          code: wire.explanation.code,
          sentences: wire.explanation.sentences.map(sentenceOf),
        },
      };
    },
    placeholderData: keepPreviousData,
  });

function sentenceOf(wire: OccurrencesWire["explanation"]["sentences"][number]): Sentence {
  return {
    code: wire.code,
    count: wire.count,
    ran: wire.ran,
    reason: wire.reason,
    reasons: wire.reasons,
    by: wire.by,
    holidays: wire.holidays,
    at: momentOrNull(wire.at),
    since: momentOrNull(wire.since),
    first: momentOrNull(wire.first),
    last: momentOrNull(wire.last),
    firstDay: wire.first_day,
    lastDay: wire.last_day,
  };
}
