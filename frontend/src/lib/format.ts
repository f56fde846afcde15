import { browserZone } from "./zones";

export type Locale = "pt-BR" | "en";

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** Everything a person reads that is not a sentence: numbers, sizes, spans, moments. */
export interface Formats {
  locale: Locale;
  zone: string;
  number: (value: number, digits?: number) => string;
  bytes: (value: number) => string;
  duration: (milliseconds: number) => string;
  relative: (at: Date, now: Date) => string;
  dateTime: (at: Date, zone?: string) => string;
  dateTimeZone: (at: Date, zone?: string) => string;
  time: (at: Date, zone?: string) => string;
  date: (at: Date, zone?: string) => string;
  /** An ISO day, which has no zone: "2026-01-31" as "31/01/2026". */
  day: (iso: string) => string;
  weekday: (day: number, width?: "long" | "short" | "narrow") => string;
  list: (items: string[]) => string;
  /** "1st" or "1º". */
  ordinal: (n: number) => string;
}

const UNITS = ["B", "KB", "MB", "GB", "TB"] as const;

function formatBytes(locale: Locale, value: number): string {
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || size >= 100 ? 0 : 1;
  const number = size.toLocaleString(locale, { maximumFractionDigits: digits });
  return `${number} ${UNITS[unit] ?? "B"}`;
}

function formatDuration(locale: Locale, milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toLocaleString(locale, { maximumFractionDigits: 1 })} s`;
  const whole = Math.round(seconds);
  if (whole < MINUTE_S) return `${whole} s`;
  if (whole < HOUR_S) return join(whole, MINUTE_S, "min", 1, "s");
  if (whole < DAY_S) return join(whole, HOUR_S, "h", MINUTE_S, "min");
  return join(whole, DAY_S, "d", HOUR_S, "h");
}

function join(seconds: number, big: number, bigUnit: string, small: number, unit: string): string {
  const rest = Math.floor((seconds % big) / small);
  return `${Math.floor(seconds / big)} ${bigUnit}${rest > 0 ? ` ${rest} ${unit}` : ""}`;
}

function formatRelative(format: Intl.RelativeTimeFormat, at: Date, now: Date): string {
  const seconds = (at.getTime() - now.getTime()) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return format.format(Math.round(seconds), "second");
  if (size < 45 * MINUTE_S) return format.format(Math.round(seconds / MINUTE_S), "minute");
  if (size < 22 * HOUR_S) return format.format(Math.round(seconds / HOUR_S), "hour");
  if (size < 26 * DAY_S) return format.format(Math.round(seconds / DAY_S), "day");
  if (size < 320 * DAY_S) return format.format(Math.round(seconds / (30 * DAY_S)), "month");
  return format.format(Math.round(seconds / (365 * DAY_S)), "year");
}

// A Monday, so that adding days gives the weekdays in our order.
const MONDAY = Date.UTC(2024, 0, 1);

const ordinals = new Intl.PluralRules("en", { type: "ordinal" });
const ENDINGS: Partial<Record<Intl.LDMLPluralRule, string>> = { one: "st", two: "nd", few: "rd" };

const made = new Map<string, Formats>();

/** Making formatters is slow and every row wants some: each pair is made once. */
export function formatsOf(locale: Locale, zone: string = browserZone()): Formats {
  const key = `${locale} ${zone}`;
  const known = made.get(key) ?? makeFormats(locale, zone);
  made.set(key, known);
  return known;
}

function makeFormats(locale: Locale, zone: string): Formats {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
  const lists = new Intl.ListFormat(locale, { type: "conjunction" });
  const decimals = [0, 1].map(
    (digits) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits }),
  );
  const cache = new Map<string, Intl.DateTimeFormat>();
  const moment = (key: string, timeZone: string, options: Intl.DateTimeFormatOptions) => {
    const name = `${key}|${timeZone}`;
    let found = cache.get(name);
    if (found === undefined) {
      found = new Intl.DateTimeFormat(locale, { ...options, timeZone, hourCycle: "h23" });
      cache.set(name, found);
    }
    return found;
  };
  const clock = { hour: "2-digit", minute: "2-digit" } as const;
  const day = { day: "2-digit", month: locale === "en" ? "short" : "2-digit" } as const;
  const full = { ...day, year: "numeric", ...clock, second: "2-digit" } as const;
  return {
    locale,
    zone,
    number: (value, digits = 0) =>
      decimals[digits]?.format(value) ??
      value.toLocaleString(locale, { maximumFractionDigits: digits }),
    bytes: (value) => formatBytes(locale, value),
    duration: (value) => formatDuration(locale, value),
    relative: (at, now) => formatRelative(relative, at, now),
    dateTime: (at, other = zone) =>
      moment("dateTime", other, { ...day, ...clock, weekday: "short" }).format(at),
    dateTimeZone: (at, other = zone) => `${moment("full", other, full).format(at)} (${other})`,
    time: (at, other = zone) => moment("time", other, clock).format(at),
    date: (at, other = zone) => moment("date", other, { ...day, year: "numeric" }).format(at),
    day: (iso) =>
      moment("date", "UTC", { ...day, year: "numeric" }).format(new Date(`${iso}T00:00:00Z`)),
    weekday: (n, width = "short") =>
      moment(`weekday-${width}`, "UTC", { weekday: width }).format(MONDAY + n * DAY_S * 1000),
    list: (items) => lists.format(items),
    ordinal: (n) => (locale === "pt-BR" ? `${n}º` : `${n}${ENDINGS[ordinals.select(n)] ?? "th"}`),
  };
}
