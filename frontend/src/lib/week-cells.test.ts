import { expect, it } from "vitest";
import { cellsOf, scheduleOf, withHour } from "./week-cells";

const monday6 = { day: 0, hour: 6, minute: 0 };
const friday18 = { day: 4, hour: 18, minute: 30 };

it("writes a grid by three texts only where every combination is a slot", () => {
  expect(scheduleOf([friday18, monday6])).toEqual({
    day: "",
    hour: "",
    minute: "",
    slots: [
      { day: "Seg", hour: 6, minute: 0 },
      { day: "Sex", hour: 18, minute: 30 },
    ],
  });
  const product = [0, 4].flatMap((day) => [6, 18].map((hour) => ({ day, hour, minute: 0 })));
  expect(scheduleOf(product)).toEqual({ day: "Seg,Sex", hour: "06,18", minute: "00" });
  expect(scheduleOf([])).toEqual({ day: "", hour: "", minute: "" });
});

it("reads back what it wrote", () => {
  for (const cells of [[], [monday6], [monday6, friday18]]) {
    expect(cellsOf(scheduleOf(cells))).toEqual(cells);
  }
});

it("switches an hour on with the minutes, and off with all it has", () => {
  const on = withHour([monday6], 1, 7, [0, 30]);
  expect(on).toHaveLength(3);
  expect(withHour(on, 1, 7, [15])).toEqual([monday6]);
});
