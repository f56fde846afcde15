import { expect, test } from "vitest";
import type { Dataset } from "@/api/datasets";
import { examplesOf } from "./sql-examples";

const dataset = (name: string, ...columns: string[]) =>
  ({
    name,
    columns: columns.map((column) => ({ name: column, type: "text", nativeType: "" })),
  }) as Dataset;

test("examples quote names and join by a column that both have", () => {
  const examples = examplesOf([dataset('ven"das/diário', "loja"), dataset("b", "x", "loja")]);
  expect(examples[0]).toContain('FROM "ven""das/diário"');
  expect(examples.at(-1)).toContain('JOIN "b" AS b USING ("loja")');
});

test("without datasets there is something to run", () => {
  expect(examplesOf([])).toEqual(["SELECT 1 AS n"]);
});
