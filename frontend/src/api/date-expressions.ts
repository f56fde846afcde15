import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get } from "./client";
import type { DateExpressionWire } from "./wire";

/** A day a query may name, written `:name`. */
export interface DateExpression {
  name: string;
  aliases: string[];
  meaning: { pt: string; en: string };
  /** ISO day it stands for today; null: it needs a calendar. */
  value: string | null;
}

/** What the days of a query are counted from. */
export interface DateContext {
  timeZone: string | null;
  daysOffset: number | null;
  lastDataDate: string | null;
  calendarId: number | null;
}

export const dateExpressionsQuery = (context: DateContext) =>
  queryOptions({
    queryKey: ["date-expressions", context],
    queryFn: ({ signal }): Promise<DateExpression[]> =>
      get<DateExpressionWire[]>(
        "/api/date-expressions",
        {
          time_zone: context.timeZone,
          days_offset: context.daysOffset,
          last_data_date: context.lastDataDate,
          calendar_id: context.calendarId,
        },
        signal,
      ),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
    retry: false,
  });
