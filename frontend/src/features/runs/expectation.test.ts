import { describe, expect, it } from "vitest";
import { progressPercent } from "./expectation";
import { toServerFilter } from "./run-filter";

describe("what to expect of a run", () => {
  it("never reaches the end before the end", () => {
    const expected = { durationMs: 1000, rows: 100 };
    expect(progressPercent(expected, 500, null)).toBe(50);
    expect(progressPercent(expected, 99_000, null)).toBe(97);
    expect(progressPercent(expected, 10, 25)).toBe(25);
  });
});

describe("the period of the list", () => {
  it("starts at a whole minute, so that the same question is asked twice", () => {
    const filter = {
      q: "",
      states: [],
      trigger: null,
      jobId: null,
      period: "day" as const,
      page: 1,
    };
    expect(toServerFilter(filter, new Date("2026-03-02T12:00:59Z")).since).toBe(
      "2026-03-01T12:00:00.000Z",
    );
  });
});
