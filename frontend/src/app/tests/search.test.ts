import { describe, expect, it } from "vitest";
import { jobsSearch, newJobSearch, runsSearch } from "@/app/search";

describe("the search of an address", () => {
  it("is read from texts", () => {
    expect(runsSearch.parse({ page: "2", job: "7", state: "failed", period: "week" })).toEqual({
      page: 2,
      job: 7,
      state: "failed",
      period: "week",
    });
  });

  it("ignores what is faulty", () => {
    expect(runsSearch.parse({ page: "-1", job: "x", period: "century" })).toEqual({});
    expect(jobsSearch.parse({ status: "perhaps" }).status).toBeUndefined();
    expect(newJobSearch.parse({}).clone).toBeUndefined();
  });
});
