import { ExactNumber, parseExact } from "@/lib/json-exact";
import { problemOf } from "./problem";

export const SHOWN_ROWS = 500;
export const SQL_FORMATS = ["csv", "xlsx", "parquet", "ndjson"] as const;

export type SqlFormat = (typeof SQL_FORMATS)[number];

export interface SqlResult {
  columns: { name: string; type: string }[];
  rows: (string | null)[][];
  isCut: boolean;
}

interface SqlWire {
  columns: { name: string; type: string }[];
  rows: unknown[][];
  is_cut: boolean;
}

async function send(body: object, signal?: AbortSignal): Promise<Response> {
  const response = await fetch("/api/data/sql", {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw problemOf(response.status, await response.json().catch(() => null));
  return response;
}

function cell(value: unknown): string | null {
  if (value === null || typeof value === "string") return value;
  return value instanceof ExactNumber ? value.text : JSON.stringify(value);
}

/** The first rows of one SELECT over the datasets; no digit is lost. */
export async function askSql(sql: string): Promise<SqlResult> {
  const response = await send({ sql, format: "arrays", limit: SHOWN_ROWS });
  const wire = parseExact(await response.text()) as SqlWire;
  return {
    columns: wire.columns,
    rows: wire.rows.map((row) => row.map(cell)),
    isCut: wire.is_cut,
  };
}

/** All rows as a file. */
export async function fetchSqlFile(sql: string, format: SqlFormat): Promise<Blob> {
  const response = await send({ sql, format, limit: 100_000, profile: "excel_br" });
  return response.blob();
}
