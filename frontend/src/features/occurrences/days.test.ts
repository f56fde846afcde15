import { expect, it } from "vitest";
import { dayIn, isDay, shifted } from "./days";

it("counts days over the ends of months and years", () => {
  expect(shifted("2026-01-01", -1)).toBe("2025-12-31");
  expect(shifted("2028-02-28", 1)).toBe("2028-02-29");
});

it("knows which day it is in a zone", () => {
  const at = new Date("2026-03-02T01:30:00Z");
  expect(dayIn("America/Sao_Paulo", at)).toBe("2026-03-01");
  expect(dayIn("UTC", at)).toBe("2026-03-02");
});

it("takes nothing for a day that is none", () => {
  expect(["2026-03-02", "2026-13-40", "today", undefined].filter(isDay)).toEqual(["2026-03-02"]);
});
