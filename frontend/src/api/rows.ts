import { queryOptions } from "@tanstack/react-query";
import { parseExact } from "@/lib/json-exact";
import { dataPath } from "./datasets";
import { problemOf } from "./problem";

export type Row = Record<string, unknown>;

/** Which rows, in which order, in the words of the data API; both empty: all as they are. */
export interface RowView {
  /** "-valor,canal" */
  sort: string;
  /** "valor__gte=10&canal=web" */
  where: string;
}

export const ALL_ROWS: RowView = { sort: "", where: "" };
export const PAGE_ROWS = 200;

export interface RowPage {
  rows: Row[];
  /** Null for a file that no job published: its rows are not counted. */
  total: number | null;
  asOf: Date | null;
}

/** The query of one page; the rows that match are counted with the first one alone. */
function search(view: RowView, page: number): string {
  const query = new URLSearchParams(view.where);
  query.set("limit", String(PAGE_ROWS));
  query.set("offset", String(page * PAGE_ROWS));
  if (view.sort !== "") query.set("sort", view.sort);
  if (view.where !== "" && page === 0) query.set("total", "1");
  return query.toString();
}

async function fetchPage(
  name: string,
  view: RowView,
  page: number,
  signal: AbortSignal,
): Promise<RowPage> {
  const response = await fetch(`${dataPath(name)}?${search(view, page)}`, {
    headers: { Accept: "application/json" },
    signal,
  });
  if (!response.ok) throw problemOf(response.status, await response.json().catch(() => null));
  const counted = view.where === "" ? "X-Row-Count" : "X-Total-Count";
  const total = response.headers.get(counted);
  const asOf = response.headers.get("X-Data-As-Of");
  return {
    rows: parseExact(await response.text()) as Row[],
    total: total === null ? null : Number(total),
    asOf: asOf === null ? null : new Date(asOf),
  };
}

/** One page of rows. Versions do not mix: the version is part of the key. */
export const rowPageQuery = (name: string, versionId: number | null, view: RowView, page: number) =>
  queryOptions({
    queryKey: ["rows", name, versionId, view, page],
    queryFn: ({ signal }) => fetchPage(name, view, page, signal),
    staleTime: versionId === null ? 30_000 : Infinity,
    gcTime: 60_000,
  });
