import { hasSlots, type Slots } from "./schedule";

const DAY_MS = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  let found = formatters.get(zone);
  if (found === undefined) {
    found = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formatters.set(zone, found);
  }
  return found;
}

export function isTimeZone(zone: string): boolean {
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** What a clock on the wall of the zone shows, written as if it were UTC. */
function wallClock(instant: number, zone: string): number {
  const parts: Record<string, number> = {};
  for (const part of formatterOf(zone).formatToParts(instant)) {
    if (part.type !== "literal") parts[part.type] = Number(part.value);
  }
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Offset of the zone from UTC in milliseconds at an instant. */
export function offsetAt(instant: number, zone: string): number {
  const whole = Math.floor(instant / 1000) * 1000;
  return wallClock(whole, zone) - whole;
}

/**
 * The instant of a wall-clock time. A time the clock skips is later by the length of the gap, one
 * it shows twice is the first of the two: the rule of the server.
 */
function instantOf(wall: number, zone: string): number {
  const before = offsetAt(wall - DAY_MS, zone);
  const after = offsetAt(wall + DAY_MS, zone);
  const early = wall - Math.max(before, after);
  const late = wall - Math.min(before, after);
  if (early + offsetAt(early, zone) === wall) return early;
  if (late + offsetAt(late, zone) === wall) return late;
  return wall - before;
}

/** The next `count` instants later than `now`, in order. */
export function nextMoments(slots: Slots, zone: string, now: Date, count: number): Date[] {
  if (!hasSlots(slots) || !isTimeZone(zone)) return [];
  const start = now.getTime();
  const wallNow = start + offsetAt(start, zone);
  const midnight = Math.floor(wallNow / DAY_MS) * DAY_MS;
  const found = new Set<number>();
  // Two weeks hold every weekday twice; more days only when few slots are asked for often.
  const days = 14 + 7 * Math.ceil(count / (slots.days.length * slots.hours.length));
  for (let n = -1; n <= days && found.size < count + slots.minutes.length * 24; n += 1) {
    const day = midnight + n * DAY_MS;
    const weekday = (new Date(day).getUTCDay() + 6) % 7;
    if (!slots.days.includes(weekday)) continue;
    for (const hour of slots.hours) {
      for (const minute of slots.minutes) {
        const instant = instantOf(day + (hour * 60 + minute) * 60_000, zone);
        if (instant > start) found.add(instant);
      }
    }
  }
  return [...found]
    .sort((a, b) => a - b)
    .slice(0, count)
    .map((instant) => new Date(instant));
}

/** "UTC−03:00" of the zone at an instant. */
export function offsetText(instant: Date, zone: string): string {
  const minutes = Math.round(offsetAt(instant.getTime(), zone) / 60_000);
  const sign = minutes < 0 ? "−" : "+";
  const size = Math.abs(minutes);
  const two = (value: number) => String(value).padStart(2, "0");
  return `UTC${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
