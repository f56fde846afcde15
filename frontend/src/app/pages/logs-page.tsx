import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { LOG_LEVELS } from "@/api/logs";
import type { LogsSearch } from "@/app/search";
import type { LogListFilter } from "@/features/logs/log-filter";
import { LogList } from "@/features/logs/log-list";
import { commaList } from "@/lib/search-params";

const route = getRouteApi("/shell/logs");

function toFilter(search: LogsSearch): LogListFilter {
  return {
    q: search.q ?? "",
    levels: commaList(search.level, LOG_LEVELS),
    jobId: search.job ?? null,
    runId: search.run ?? null,
    user: search.user ?? "",
    page: search.page ?? 1,
  };
}

function toSearch(filter: LogListFilter): LogsSearch {
  return {
    q: filter.q || undefined,
    level: filter.levels.join(",") || undefined,
    job: filter.jobId ?? undefined,
    run: filter.runId ?? undefined,
    user: filter.user || undefined,
    page: filter.page === 1 ? undefined : filter.page,
  };
}

export function LogsPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const filter = useMemo(() => toFilter(search), [search]);
  return (
    <LogList
      filter={filter}
      onChange={(change) =>
        void navigate({ to: "/logs", search: toSearch({ ...filter, ...change }), replace: true })
      }
    />
  );
}
