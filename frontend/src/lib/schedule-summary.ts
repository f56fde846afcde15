import { hasSlots, timesOfDay, type Slots } from "./schedule";

/** The sentence of a schedule as a key of the catalogue with its values. */
export type Summary =
  | { kind: "none" }
  | { kind: "at"; times: string[] }
  | { kind: "everyMinutes"; n: number }
  | { kind: "everyMinutesBetween"; n: number; from: string; to: string }
  | { kind: "hourly"; minute: string }
  | { kind: "hourlyBetween"; from: string; to: string }
  | { kind: "many"; n: number; from: string; to: string };

export type DaysSummary = "daysEvery" | "daysWork" | "daysWeekend" | "daysList";

const MOST_TIMES = 4;

/** The step of evenly spread minutes that fill the hour, for instance 15 for 0, 15, 30, 45. */
function evenStep(minutes: number[]): number | null {
  const step = 60 / minutes.length;
  if (minutes.length < 2 || !Number.isInteger(step)) return null;
  const first = minutes[0] ?? 0;
  return minutes.every((minute, index) => minute === first + index * step) ? step : null;
}

function isUnbroken(hours: number[]): boolean {
  return hours.every((hour, index) => index === 0 || hour === (hours[index - 1] ?? 0) + 1);
}

export function summarizeDays(days: number[]): DaysSummary {
  const key = days.join("");
  if (key === "0123456") return "daysEvery";
  if (key === "01234") return "daysWork";
  if (key === "56") return "daysWeekend";
  return "daysList";
}

export function summarize(slots: Slots): Summary {
  if (!hasSlots(slots)) return { kind: "none" };
  const times = timesOfDay(slots);
  const from = times[0] ?? "";
  const to = times.at(-1) ?? "";
  if (times.length <= MOST_TIMES) return { kind: "at", times };
  const isAllDay = slots.hours.length === 24;
  const step = evenStep(slots.minutes);
  if (slots.minutes.length === 1) {
    if (isAllDay) return { kind: "hourly", minute: from.slice(3) };
    if (isUnbroken(slots.hours)) return { kind: "hourlyBetween", from, to };
  }
  if (step !== null && isAllDay) return { kind: "everyMinutes", n: step };
  if (step !== null && isUnbroken(slots.hours)) {
    return { kind: "everyMinutesBetween", n: step, from, to };
  }
  return { kind: "many", n: times.length, from, to };
}
