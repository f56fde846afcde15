import { describe, expect, it } from "vitest";
import type { GridColumn } from "./grid-columns";
import { formatWhere, opsOf, parseSorts, parseWhere, withFilter } from "./grid-filter";

const column = (type: string, isNumeric = false): GridColumn => ({
  name: "x",
  type,
  nativeType: "",
  isNumeric,
  width: 100,
});

describe("filters of rows", () => {
  it("survive the way through the address, whatever the names and values hold", () => {
    const filters = [
      { column: "preço & frete", op: "gte" as const, value: "10,5" },
      { column: "canal__interno", op: "eq" as const, value: "a=b&c" },
      { column: "limit", op: "eq" as const, value: "10" },
      { column: "obs", op: "empty" as const, value: "" },
      { column: "cliente", op: "filled" as const, value: "" },
      { column: "dia", op: "between" as const, value: "2026-01-01,2026-01-31" },
    ];
    expect(parseWhere(formatWhere(filters))).toEqual(filters);
  });

  it("are one a column: a new one replaces the old", () => {
    const first = withFilter("", "n", { column: "n", op: "gt", value: "1" });
    const both = withFilter(first, "uf", { column: "uf", op: "eq", value: "SP" });
    const changed = withFilter(both, "n", { column: "n", op: "lt", value: "9" });
    expect(changed).toBe("uf__eq=SP&n__lt=9");
    expect(withFilter(changed, "n", null)).toBe("uf__eq=SP");
  });

  it("offer what the type of the column can be asked", () => {
    expect(opsOf(column("text"))[0]).toBe("contains");
    expect(opsOf(column("decimal", true))).toContain("between");
    expect(opsOf(column("date"))).not.toContain("contains");
    expect(opsOf(column("boolean"))).toEqual(["eq", "empty", "filled"]);
  });
});

it("reads several sorted columns, and leaves out what names none", () => {
  expect(parseSorts("-valor,canal,-")).toEqual([
    { key: "valor", isDescending: true },
    { key: "canal", isDescending: false },
  ]);
});
