import { describe, expect, it } from "vitest";
import { formatSchedule, isComplete, parseSchedule, timesOfDay, toggle } from "./schedule";
import { summarize, summarizeDays } from "./schedule-summary";

const range = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step);

describe("schedule texts", () => {
  it("reads and writes what the server has", () => {
    const text = { day: "Seg,Sáb", hour: "06,18", minute: "00,30" };
    expect(parseSchedule(text)).toEqual({ days: [0, 5], hours: [6, 18], minutes: [0, 30] });
    expect(formatSchedule(parseSchedule(text))).toEqual(text);
  });

  it("reads repeated and unsorted entries once and in order", () => {
    const text = { day: "Dom,Seg,Dom", hour: "18,06,06", minute: "30" };
    expect(parseSchedule(text)).toEqual({ days: [0, 6], hours: [6, 18], minutes: [30] });
  });

  it("leaves out what is no hour or minute", () => {
    expect(parseSchedule({ day: "Seg", hour: "24,07", minute: "75,x,5" })).toEqual({
      days: [0],
      hours: [7],
      minutes: [5],
    });
  });

  it("is complete with all three parts or with none", () => {
    expect(isComplete({ days: [], hours: [], minutes: [] })).toBe(true);
    expect(isComplete({ days: [0], hours: [], minutes: [0] })).toBe(false);
    expect(isComplete({ days: [0], hours: [1], minutes: [0] })).toBe(true);
  });

  it("lists the times of a day in order", () => {
    expect(timesOfDay({ days: [0], hours: [6, 18], minutes: [0, 30] })).toEqual([
      "06:00",
      "06:30",
      "18:00",
      "18:30",
    ]);
  });

  it("adds in order and takes away", () => {
    expect(toggle([1, 5], 3)).toEqual([1, 3, 5]);
    expect(toggle([1, 3, 5], 3)).toEqual([1, 5]);
  });
});

describe("the sentence of a schedule", () => {
  it("names few times one by one", () => {
    expect(summarize({ days: [0], hours: [6], minutes: [0, 30] })).toEqual({
      kind: "at",
      times: ["06:00", "06:30"],
    });
  });

  it("sees even steps through the whole day and through a part of it", () => {
    const minutes = range(0, 60, 10);
    expect(summarize({ days: [0], hours: range(0, 24), minutes })).toEqual({
      kind: "everyMinutes",
      n: 10,
    });
    expect(summarize({ days: [0], hours: range(8, 19), minutes })).toEqual({
      kind: "everyMinutesBetween",
      n: 10,
      from: "08:00",
      to: "18:50",
    });
  });

  it("sees hourly schedules", () => {
    expect(summarize({ days: [0], hours: range(0, 24), minutes: [15] })).toEqual({
      kind: "hourly",
      minute: "15",
    });
    expect(summarize({ days: [0], hours: range(8, 19), minutes: [0] }).kind).toBe("hourlyBetween");
  });

  it("counts what follows no pattern", () => {
    expect(summarize({ days: [0], hours: [1, 4, 9], minutes: [3, 7] })).toEqual({
      kind: "many",
      n: 6,
      from: "01:03",
      to: "09:07",
    });
  });

  it("knows the usual groups of days", () => {
    expect(summarizeDays(range(0, 7))).toBe("daysEvery");
    expect(summarizeDays(range(0, 5))).toBe("daysWork");
    expect(summarizeDays([5, 6])).toBe("daysWeekend");
    expect(summarizeDays([0, 2])).toBe("daysList");
  });
});
