import { describe, expect, it } from "vitest";
import { ExactNumber, parseExact } from "./json-exact";

describe("reading JSON exactly", () => {
  it("keeps every digit of a number that is too long", () => {
    const [row] = parseExact('[{"n": 12345678901234567890.123456789}]') as [{ n: unknown }];
    expect(row.n).toBeInstanceOf(ExactNumber);
    expect(String(row.n)).toBe("12345678901234567890.123456789");
  });

  it("keeps trailing zeros of money", () => {
    const [value] = parseExact("[10.50]") as [unknown];
    expect(String(value)).toBe("10.50");
  });

  it("leaves ordinary values as they are", () => {
    expect(parseExact('{"a": 5, "b": "007", "c": null, "d": true}')).toEqual({
      a: 5,
      b: "007",
      c: null,
      d: true,
    });
  });
});
