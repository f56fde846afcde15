import { describe, expect, it } from "vitest";
import { cellText, cellValue, fitted, namesIn, pastedCells, withCells } from "./set-grid";

const UF = { name: "uf", type: "text" } as const;
const SHOP = { name: "loja", type: "integer" } as const;

describe("the grid of parameter sets", () => {
  it("takes what Excel copies, with its head or without", () => {
    const cells = pastedCells("label\tuf\tloja\r\nSão Paulo\tSP\t7\r\nRio\tNULL\t\r\n");
    expect(withCells([], [UF, SHOP], { row: 0, column: 0 }, cells ?? [])).toEqual([
      { label: "São Paulo", values: { uf: "SP", loja: "7" } },
      { label: "Rio", values: { uf: null, loja: null } },
    ]);
  });

  it("puts lines with semicolons where they are pasted and leaves the rest", () => {
    const before = [{ label: "A", values: { uf: "SP", loja: "1" } }];
    const cells = pastedCells("RJ;2\nMG;3") ?? [];
    expect(withCells(before, [UF, SHOP], { row: 0, column: 1 }, cells)).toEqual([
      { label: "A", values: { uf: "RJ", loja: "2" } },
      { label: "", values: { uf: "MG", loja: "3" } },
    ]);
  });

  it("leaves one value to the cell itself", () => {
    expect(pastedCells("São Paulo")).toBeNull();
  });

  it("tells NULL from empty text", () => {
    expect(cellText(null, UF)).toBe("NULL");
    expect(cellValue("", UF)).toBe("");
    expect(cellValue("", SHOP)).toBeNull();
  });

  it("keeps the values of a parameter that is renamed", () => {
    const sets = [{ label: "A", values: { uf: "SP" } }];
    expect(fitted(sets, [{ name: "estado", type: "text" }], [UF])[0]?.values).toEqual({
      estado: "SP",
    });
  });

  it("takes what is empty for NULL where the new type does", () => {
    const sets = [{ label: "A", values: { uf: "", loja: null } }];
    const parameters = [
      { ...UF, type: "integer" },
      { ...SHOP, type: "text" },
    ] as const;
    expect(fitted(sets, parameters, [UF, SHOP])[0]?.values).toEqual({ uf: null, loja: null });
  });

  it("finds names in the query that are no dates", () => {
    expect(namesIn("select d::date from t where uf = :UF and d > :hoje", [":hoje"])).toEqual([
      "uf",
    ]);
  });
});
