import { renderHook } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { changeLocale, startI18n } from ".";
import { useScheduleText } from "./use-schedule-text";

describe("business days of the month", () => {
  it("are counted from the end in both languages", async () => {
    await startI18n("en");
    const said = () => {
      const { ofMonthDays } = renderHook(() => useScheduleText()).result.current;
      return [[1, -1], [-2], [-3], [-4]].map((days) => ofMonthDays({ days, times: ["06:00"] }));
    };
    expect(said()).toEqual([
      "On the 1st and last business day of the month at 06:00",
      "On the last but one business day of the month at 06:00",
      "On the third-last business day of the month at 06:00",
      "On the 3rd-before-last business day of the month at 06:00",
    ]);
    await changeLocale("pt-BR");
    expect(said()).toEqual([
      "No 1º e último dia útil do mês às 06:00",
      "No penúltimo dia útil do mês às 06:00",
      "No antepenúltimo dia útil do mês às 06:00",
      "No 3º antes do último dia útil do mês às 06:00",
    ]);
  });
});
