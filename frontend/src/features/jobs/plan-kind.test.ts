import { expect, it } from "vitest";
import { NEW_DRAFT } from "./draft";
import { kindOf, PLAN_KINDS, timesOf } from "./plan-kind";

const before = {
  schedule: { day: "Seg", hour: "06", minute: "00" },
  cronText: "0 6 * * *",
  everyMinutes: 15,
  businessDays: { days: [1, -1], times: ["06:00"] },
};

it("fills the members of one kind alone, whatever was there before", () => {
  for (const kind of PLAN_KINDS) {
    const times = timesOf(kind, before);
    // A grid of times that are the same every day is as well called times of day.
    expect(kindOf(times)).toBe(kind === "grid" ? "times" : kind);
    const filled = [
      times.schedule.day !== "",
      times.cronText !== null,
      times.everyMinutes !== null,
      times.businessDays !== null,
    ];
    expect(filled.filter(Boolean)).toHaveLength(1);
  }
});

it("gives up what times of day cannot say", () => {
  const slots = [{ day: "Seg", hour: 6, minute: 0 }];
  const schedule = { day: "", hour: "", minute: "", slots };
  expect(
    kindOf({ ...before, schedule, cronText: null, everyMinutes: null, businessDays: null }),
  ).toBe("grid");
  expect(timesOf("times", { ...before, schedule }).schedule.slots).toBeUndefined();
});

it("starts a kind that was never chosen with something that can be edited", () => {
  expect(timesOf("cron", NEW_DRAFT).cronText).toBe("");
  expect(timesOf("every", NEW_DRAFT).everyMinutes).toBeGreaterThan(0);
});
