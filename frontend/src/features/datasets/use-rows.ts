import { useQueries } from "@tanstack/react-query";
import { PAGE_ROWS, rowPageQuery, type Row, type RowView } from "@/api/rows";

export interface RowSource {
  name: string;
  /** Null for a file that no job published. */
  versionId: number | null;
  view: RowView;
}

interface Rows {
  /** Undefined while the page of this row is on its way. */
  at: (index: number) => Row | undefined;
  error: unknown;
  retry: () => void;
}

/** The rows in view, read page by page from the server. */
export function useRows(source: RowSource, first: number, last: number): Rows {
  const { name, versionId, view } = source;
  const from = Math.floor(first / PAGE_ROWS);
  const to = Math.floor(Math.max(first, last) / PAGE_ROWS);
  const pages = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const results = useQueries({
    queries: pages.map((page) => rowPageQuery(name, versionId, view, page)),
  });
  const failed = results.find((result) => result.isError && result.data === undefined);
  return {
    at: (index) => {
      const result = results[Math.floor(index / PAGE_ROWS) - from];
      return result?.data?.rows[index % PAGE_ROWS];
    },
    error: failed?.error ?? null,
    retry: () => results.forEach((result) => void (result.isError && result.refetch())),
  };
}
