import { describe, expect, it } from "vitest";
import { nextMoments, offsetText } from "./moments";

const daily = (hour: number, minute = 0) => ({
  days: [0, 1, 2, 3, 4, 5, 6],
  hours: [hour],
  minutes: [minute],
});
const iso = (moments: Date[]) => moments.map((moment) => moment.toISOString());

describe("the next moments", () => {
  it("follow the wall clock of the zone", () => {
    const found = nextMoments(daily(6), "America/Sao_Paulo", new Date("2026-03-02T08:00:00Z"), 2);
    expect(iso(found)).toEqual(["2026-03-02T09:00:00.000Z", "2026-03-03T09:00:00.000Z"]);
  });

  it("begin strictly after now", () => {
    const found = nextMoments(daily(6), "America/Sao_Paulo", new Date("2026-03-02T09:00:00Z"), 1);
    expect(iso(found)).toEqual(["2026-03-03T09:00:00.000Z"]);
  });

  it("come later by the gap where the clock skips the time", () => {
    // New York, 8 March 2026: 02:30 does not exist and becomes 03:30.
    const found = nextMoments(
      daily(2, 30),
      "America/New_York",
      new Date("2026-03-08T05:00:00Z"),
      1,
    );
    expect(iso(found)).toEqual(["2026-03-08T07:30:00.000Z"]);
  });

  it("come once, at the first of the two, where the clock shows the time twice", () => {
    // New York, 1 November 2026: 01:30 comes at 05:30 and at 06:30 UTC.
    const found = nextMoments(
      daily(1, 30),
      "America/New_York",
      new Date("2026-11-01T04:00:00Z"),
      2,
    );
    expect(iso(found)).toEqual(["2026-11-01T05:30:00.000Z", "2026-11-02T06:30:00.000Z"]);
  });

  it("find a weekly slot that was missed by a minute", () => {
    const weekly = { days: [0], hours: [6], minutes: [0] };
    const found = nextMoments(weekly, "UTC", new Date("2026-03-02T06:01:00Z"), 2);
    expect(iso(found)).toEqual(["2026-03-09T06:00:00.000Z", "2026-03-16T06:00:00.000Z"]);
  });

  it("are none without slots or in an unknown zone", () => {
    expect(nextMoments({ days: [], hours: [], minutes: [] }, "UTC", new Date(), 5)).toEqual([]);
    expect(nextMoments(daily(1), "Mars/Olympus", new Date(), 5)).toEqual([]);
  });

  it("carry their offset", () => {
    expect(offsetText(new Date("2026-03-02T09:00:00Z"), "America/Sao_Paulo")).toBe("UTC−03:00");
    expect(offsetText(new Date("2026-03-02T09:00:00Z"), "Asia/Kolkata")).toBe("UTC+05:30");
  });
});
