import { describe, expect, it } from "vitest";
import { foundSetsQuery } from "./job-sets";

const sets = { parameters: [], sets: null, query: "select 1" };
const wanted = {
  connectionId: 1,
  timeZone: null,
  daysOffset: null,
  lastDataDate: null,
  calendarId: null,
};

describe("the sets a query answers with", () => {
  it("are others for other days", () => {
    const changes = [
      { timeZone: "Asia/Tokyo" },
      { daysOffset: 1 },
      { lastDataDate: "2026-01-31" },
      { calendarId: 1 },
    ];
    const keys = [{}, ...changes].map((change) =>
      JSON.stringify(foundSetsQuery({ ...wanted, ...change }, sets, "vendas").queryKey),
    );
    expect(new Set(keys).size).toBe(5);
  });
});
