import { describe, expect, it } from "vitest";
import { commaList, parseSearch, stringifySearch } from "./search-params";
import { matches } from "./text";

describe("searching", () => {
  it("ignores case and accents, and wants every word", () => {
    expect(matches("Relatório de Ações", "acoes relat")).toBe(true);
    expect(matches("Relatório de Ações", "acoes venda")).toBe(false);
  });
});

describe("search of an address", () => {
  it("keeps texts that look like numbers", () => {
    expect(parseSearch("?q=007")).toEqual({ q: "007" });
  });

  it("leaves out what is empty", () => {
    expect(stringifySearch({ q: "", page: 2, state: undefined, job: "a b" })).toBe(
      "?page=2&job=a+b",
    );
  });

  it("takes only known entries of a list", () => {
    expect(commaList("failed,nonsense", ["queued", "failed"])).toEqual(["failed"]);
  });
});
