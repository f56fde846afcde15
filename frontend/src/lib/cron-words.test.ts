import { expect, it } from "vitest";
import { cronWords } from "./cron-words";

it("reads a cron text in both languages", async () => {
  expect(await cronWords("0 6 * * 1-5", "en")).toBe("At 06:00, Monday through Friday");
  expect(await cronWords("0 6 * * 1-5", "pt-BR")).toMatch(/06:00.*segunda-feira.*sexta-feira/);
});

it("has no words for what is no cron text", async () => {
  expect(await cronWords("every day", "en")).toBeNull();
  expect(await cronWords("", "pt-BR")).toBeNull();
});
