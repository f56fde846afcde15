import { describe, expect, it } from "vitest";
import { dayOf, endOf, keyOf, linesOf, NEW_SCOPE } from "./key-values";

describe("the fields of a key", () => {
  it("takes names by line and comma and leaves out what is empty", () => {
    expect(linesOf(" vendas/* \n\n a, b ,")).toEqual(["vendas/*", "a", "b"]);
  });

  it("keeps the moment of an end whose day was not touched", () => {
    const end = new Date(2030, 4, 3, 7, 15);
    expect(endOf(dayOf(end), end)).toBe(end);
    expect(endOf("2030-05-04", end)).toEqual(new Date(2030, 4, 4, 23, 59, 59));
    expect(endOf("", end)).toBeNull();
  });

  it("takes an empty rate for no limit", () => {
    expect(keyOf({ ...NEW_SCOPE, name: "a" }, null).ratePerMinute).toBeNull();
    expect(keyOf({ ...NEW_SCOPE, name: "a", rate: 5 }, null).ratePerMinute).toBe(5);
  });
});
