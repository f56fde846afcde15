import { queryOptions } from "@tanstack/react-query";
import { get } from "./client";
import type { DatabaseCodeWire } from "./wire";

export type Actor = "author" | "operator" | "administrator";

export interface CodeWords {
  cause: string;
  action: string;
}

export interface DatabaseCode {
  code: string;
  actor: Actor;
  en: CodeWords;
  pt: CodeWords;
}

/** They change with the program only. */
export const databaseCodesQuery = queryOptions({
  queryKey: ["database-codes"],
  queryFn: async ({ signal }) =>
    (await get<DatabaseCodeWire[]>("/api/database-codes", undefined, signal)).map(
      (wire): DatabaseCode => ({
        code: wire.code,
        actor: wire.actor as Actor,
        en: wire.en,
        pt: wire.pt,
      }),
    ),
  staleTime: Infinity,
});

/** Codes of Oracle and its driver in a message, as the list knows them, each once. */
export function codesIn(text: string): string[] {
  const found = text.match(/\b(?:ORA|TNS|DPY|DPI)-\d{4,5}\b/g) ?? [];
  return [...new Set(found.map((code) => code.replace(/^TNS/, "ORA")))];
}
