/** Comma texts as the API has them; three empty ones mean that nothing is planned. */
export interface ScheduleText {
  day: string;
  hour: string;
  minute: string;
  /** Every slot by itself, where the texts cannot say it: not every combination is one. */
  slots?: SlotText[];
}

export interface SlotText {
  day: string;
  hour: number;
  minute: number;
}

/** Every combination of these is a slot. Weekday 0 is Monday. */
export interface Slots {
  days: number[];
  hours: number[];
  minutes: number[];
}

export const DAY_NAMES = ["Seg", "Ter", "Qua", "Qui", "Sex", "Sáb", "Dom"] as const;
export const EMPTY_SCHEDULE: ScheduleText = { day: "", hour: "", minute: "" };
export const EMPTY_SLOTS: Slots = { days: [], hours: [], minutes: [] };

const byNumber = (a: number, b: number) => a - b;

export function distinct(values: Iterable<number>): number[] {
  return [...new Set(values)].sort(byNumber);
}

function numbers(text: string, limit: number): number[] {
  return distinct(
    text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => /^\d{1,2}$/.test(part))
      .map(Number)
      .filter((value) => value < limit),
  );
}

export function parseSchedule(text: ScheduleText): Slots {
  const days = text.day.split(",").map((part) => DAY_NAMES.findIndex((n) => n === part.trim()));
  return {
    days: distinct(days.filter((day) => day >= 0)),
    hours: numbers(text.hour, 24),
    minutes: numbers(text.minute, 60),
  };
}

const padded = (value: number) => String(value).padStart(2, "0");

export function formatSchedule(slots: Slots): ScheduleText {
  return {
    day: slots.days.map((day) => DAY_NAMES[day] ?? "").join(","),
    hour: slots.hours.map(padded).join(","),
    minute: slots.minutes.map(padded).join(","),
  };
}

/** Nothing chosen at all, or at least one of each: everything between cannot be saved. */
export function isComplete(slots: Slots): boolean {
  const parts = [slots.days, slots.hours, slots.minutes];
  return parts.every((part) => part.length > 0) || parts.every((part) => part.length === 0);
}

export function hasSlots(slots: Slots): boolean {
  return slots.days.length > 0 && slots.hours.length > 0 && slots.minutes.length > 0;
}

/** "06:00", "06:30", … in order. */
export function timesOfDay(slots: Slots): string[] {
  return slots.hours.flatMap((hour) =>
    slots.minutes.map((minute) => `${padded(hour)}:${padded(minute)}`),
  );
}

export function toggle(values: number[], value: number): number[] {
  return values.includes(value) ? values.filter((v) => v !== value) : distinct([...values, value]);
}
