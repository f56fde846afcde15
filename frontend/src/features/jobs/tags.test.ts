import { expect, it } from "vitest";
import { toJob } from "@/api/jobs";
import { jobWire } from "@/testing/factories";
import { asWritten, MOST_TAGS, parseTags, tagsOf, withTyped } from "./tags";

it("writes a tag as it is written where it is known, once", () => {
  expect(asWritten(["VENDAS", "novo", "Novo", "Vendas"], ["vendas", "diário"])).toEqual([
    "vendas",
    "novo",
  ]);
  expect(asWritten([" ", " novo ", ""], [])).toEqual(["novo"]);
  // Accents are stored in one sign or in two.
  expect(asWritten(["dia\u0301rio"], ["diário"])).toEqual(["diário"]);
});

it("takes what is typed as one more while there is room", () => {
  expect(withTyped(["diário"], " Vendas", ["vendas"])).toEqual(["diário", "vendas"]);
  expect(withTyped(["diário"], " ", [])).toEqual(["diário"]);
  const full = Array.from({ length: MOST_TAGS }, (_, index) => `${index}`);
  expect(withTyped(full, "novo", [])).toEqual(full);
});

it("reads the tags of an address", () => {
  expect(parseTags(undefined)).toEqual([]);
  expect(parseTags(" vendas,, fechamento mensal ,VENDAS")).toEqual(["vendas", "fechamento mensal"]);
});

it("knows every tag of the jobs, by the alphabet", () => {
  const jobs = [["zinco", "ábaco"], [], ["abelha", "zinco"]].map((tags) =>
    toJob(jobWire({ tags })),
  );
  expect(tagsOf(jobs, "pt-BR")).toEqual(["ábaco", "abelha", "zinco"]);
});
