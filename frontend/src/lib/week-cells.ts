import {
  DAY_NAMES,
  formatSchedule,
  parseSchedule,
  timesOfDay,
  type ScheduleText,
  type SlotText,
} from "./schedule";

/** One slot. Weekday 0 is Monday. */
export interface Cell {
  day: number;
  hour: number;
  minute: number;
}

const rank = ({ day, hour, minute }: Cell) => (day * 24 + hour) * 60 + minute;

/** Every slot of a schedule in the order of the week, whichever way it is written. */
export function cellsOf(schedule: ScheduleText): Cell[] {
  if (schedule.slots !== undefined) {
    return schedule.slots
      .map((slot) => ({ ...slot, day: DAY_NAMES.findIndex((name) => name === slot.day) }))
      .filter(({ day }) => day >= 0)
      .sort((a, b) => rank(a) - rank(b));
  }
  const { days, hours, minutes } = parseSchedule(schedule);
  return days.flatMap((day) =>
    hours.flatMap((hour) => minutes.map((minute) => ({ day, hour, minute }))),
  );
}

/** The schedule of these slots: three texts where they can say it, else every slot. */
export function scheduleOf(cells: readonly Cell[]): ScheduleText {
  const distinct = (values: number[]) => [...new Set(values)].sort((a, b) => a - b);
  const product = {
    days: distinct(cells.map(({ day }) => day)),
    hours: distinct(cells.map(({ hour }) => hour)),
    minutes: distinct(cells.map(({ minute }) => minute)),
  };
  const unique = new Map(cells.map((cell) => [rank(cell), cell]));
  if (product.days.length * timesOfDay(product).length === unique.size) {
    return formatSchedule(product);
  }
  const slots: SlotText[] = [...unique.values()]
    .sort((a, b) => rank(a) - rank(b))
    .map(({ day, hour, minute }) => ({ day: DAY_NAMES[day] ?? "", hour, minute }));
  return { day: "", hour: "", minute: "", slots };
}

/** An hour of a day switched on with these minutes, or off with all it has. */
export function withHour(
  cells: readonly Cell[],
  day: number,
  hour: number,
  minutes: readonly number[],
): Cell[] {
  const others = cells.filter((cell) => cell.day !== day || cell.hour !== hour);
  if (others.length < cells.length) return others;
  return [...others, ...minutes.map((minute) => ({ day, hour, minute }))];
}
