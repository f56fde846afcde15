import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import type { CalendarDetailWire, CalendarWire, CalendarYearWire } from "./wire";

export const OPTIONAL_DAYS = ["none", "bank", "all"] as const;
export const OFF_DAY_POLICIES = [
  "run",
  "skip",
  "next_business_day",
  "previous_business_day",
] as const;
export type OffDayPolicy = (typeof OFF_DAY_POLICIES)[number];

/** What somebody says of a calendar; its own days are changed one by one. */
export interface CalendarDraft {
  name: string;
  hasNational: boolean;
  /** A state by its two letters, or null. */
  subdivision: string | null;
  optionalDays: (typeof OPTIONAL_DAYS)[number];
  /** Monday is 0. */
  weekend: number[];
}

export interface Calendar extends CalendarDraft {
  calendarId: number;
  revision: number;
  ownDays: number;
  jobs: number;
}

/** A holiday of the calendar's own, or a computed one that is worked. */
export interface OwnDay {
  /** ISO. */
  day: string;
  name: string;
  isYearly: boolean;
  isTakenOut: boolean;
}

export interface CalendarDetail extends Calendar {
  days: OwnDay[];
  jobNames: string[];
}

export type DaySource = CalendarYearWire["days"][number]["source"];

export interface YearDay {
  day: string;
  name: string;
  source: DaySource;
  isBusinessDay: boolean;
}

export interface CalendarYear {
  days: YearDay[];
  /** Of each month, from January. */
  businessDays: number[];
}

/** What is old after the days of a calendar have changed, or what says which they are. */
export const OLD_AFTER_CALENDAR = [["calendars"], ["jobs"], ["moments"], ["date-expressions"]];

const DAY_NAMES = ["Seg", "Ter", "Qua", "Qui", "Sex", "Sáb", "Dom"];

export const SUBDIVISIONS = [
  ..."AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO".split(" "),
  "São Paulo Capital",
];

function toCalendar(wire: CalendarWire): Calendar {
  return {
    calendarId: wire.calendar_id,
    name: wire.name,
    hasNational: wire.country !== null,
    subdivision: wire.subdivision,
    optionalDays: wire.optional_days,
    weekend: wire.weekend.map((name) => DAY_NAMES.indexOf(name)),
    revision: wire.revision,
    ownDays: wire.own_days,
    jobs: wire.jobs,
  };
}

function toWire(draft: CalendarDraft) {
  return {
    name: draft.name,
    country: draft.hasNational ? "BR" : null,
    subdivision: draft.hasNational ? draft.subdivision : null,
    optional_days: draft.hasNational ? draft.optionalDays : "none",
    weekend: draft.weekend.map((day) => DAY_NAMES[day]),
  };
}

export const calendarsQuery = queryOptions({
  queryKey: ["calendars"],
  queryFn: async ({ signal }) =>
    (await get<CalendarWire[]>("/api/calendars", undefined, signal)).map(toCalendar),
});

export const calendarQuery = (id: number) =>
  queryOptions({
    queryKey: ["calendars", id],
    queryFn: async ({ signal }): Promise<CalendarDetail> => {
      const wire = await get<CalendarDetailWire>(`/api/calendars/${id}`, undefined, signal);
      const days = wire.days.map((one) => ({
        day: one.day,
        name: one.name,
        isYearly: one.yearly,
        isTakenOut: one.taken_out,
      }));
      return { ...toCalendar(wire), days, jobNames: wire.job_names };
    },
  });

export const calendarYearQuery = (id: number, year: number) =>
  queryOptions({
    queryKey: ["calendars", id, "year", year],
    queryFn: async ({ signal }): Promise<CalendarYear> => {
      const wire = await get<CalendarYearWire>(`/api/calendars/${id}/days`, { year }, signal);
      const days = wire.days.map((one) => ({
        day: one.day,
        name: one.name,
        source: one.source,
        isBusinessDay: one.business_day,
      }));
      return { days, businessDays: wire.business_days };
    },
    placeholderData: keepPreviousData,
  });

export async function createCalendar(draft: CalendarDraft): Promise<void> {
  await change("POST", "/api/calendars", toWire(draft));
}

export async function updateCalendar(
  { calendarId, revision }: Calendar,
  draft: CalendarDraft,
): Promise<void> {
  await change("PUT", `/api/calendars/${calendarId}`, { ...toWire(draft), revision });
}

/** Keep exactly these days of its own. */
export async function replaceDays(
  { calendarId, revision }: Calendar,
  days: OwnDay[],
): Promise<void> {
  await change("PUT", `/api/calendars/${calendarId}`, {
    revision,
    days: days.map((one) => ({
      day: one.day,
      name: one.name,
      yearly: one.isYearly,
      taken_out: one.isTakenOut,
    })),
  });
}

/** How many days of pasted lines were not there before. */
export async function addLines(id: number, text: string): Promise<number> {
  return (await change<{ added: number }>("POST", `/api/calendars/${id}/lines`, { text })).added;
}

export async function deleteCalendar(id: number): Promise<void> {
  await change("DELETE", `/api/calendars/${id}`);
}
