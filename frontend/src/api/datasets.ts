import { queryOptions } from "@tanstack/react-query";
import { parseExact } from "@/lib/json-exact";
import { get } from "./client";
import { problemOf } from "./problem";

export type Cell = unknown;
export type Row = Record<string, Cell>;

export interface DatasetState {
  name: string;
  /** Null for a file that no job published. */
  rows: number | null;
  asOf: Date | null;
  versionId: number | null;
}

/** The path under which programs read a dataset. */
export function dataPath(name: string): string {
  return `/api/data/datasets/${name.split("/").map(encodeURIComponent).join("/")}`;
}

export const datasetNamesQuery = queryOptions({
  queryKey: ["datasets", "names"],
  queryFn: ({ signal }) => get<string[]>("/api/data/datasets", undefined, signal),
});

function stateOf(name: string, headers: Headers): DatasetState {
  const rows = headers.get("X-Row-Count");
  const asOf = headers.get("X-Data-As-Of");
  const version = headers.get("X-Dataset-Version");
  return {
    name,
    rows: rows === null ? null : Number(rows),
    asOf: asOf === null ? null : new Date(asOf),
    versionId: version === null ? null : Number(version),
  };
}

async function fetchRows(name: string, query: string, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(`${dataPath(name)}${query}`, {
    headers: { Accept: "application/json" },
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw problemOf(response.status, await response.json().catch(() => null));
  return response;
}

export const datasetStateQuery = (name: string) =>
  queryOptions({
    queryKey: ["datasets", "state", name],
    queryFn: async ({ signal }) => {
      const response = await fetchRows(name, "?limit=0", signal);
      return stateOf(name, response.headers);
    },
  });

export const PAGE_ROWS = 200;

/** One page of rows. Versions do not mix: the version is part of the key. */
export const datasetRowsQuery = (name: string, versionId: number | null, page: number) =>
  queryOptions({
    queryKey: ["datasets", "rows", name, versionId, page],
    queryFn: async ({ signal }) => {
      const response = await fetchRows(
        name,
        `?limit=${PAGE_ROWS}&offset=${page * PAGE_ROWS}`,
        signal,
      );
      const rows = parseExact(await response.text()) as Row[];
      return { rows, state: stateOf(name, response.headers) };
    },
    staleTime: Infinity,
    gcTime: 60_000,
  });
