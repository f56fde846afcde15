import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorPanel } from "./error-panel";
import { TableSkeleton } from "./table-skeleton";

interface QueryViewProps<T> {
  query: UseQueryResult<T>;
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  skeletonRows?: number;
  children: (data: T) => ReactNode;
}

/** The four states of everything that is read: loading, error with retry, empty, data. */
export function QueryView<T>(props: QueryViewProps<T>) {
  const { query } = props;
  if (query.data === undefined) {
    return query.isError ? (
      <ErrorPanel error={query.error} onRetry={query.refetch} />
    ) : (
      <TableSkeleton rows={props.skeletonRows ?? 5} />
    );
  }
  if (props.isEmpty?.(query.data) === true) return props.empty;
  return props.children(query.data);
}
