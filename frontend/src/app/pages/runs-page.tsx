import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { RunsSearch } from "@/app/search";
import type { RunListFilter } from "@/features/runs/run-filter";
import { RunList } from "@/features/runs/run-list";
import { RUN_STATES } from "@/lib/run-state";
import { commaList } from "@/lib/search-params";
import { LiveToggle } from "@/ui/live";
import { Page } from "@/ui/page";

const route = getRouteApi("/shell/runs");

function toFilter(search: RunsSearch): RunListFilter {
  return {
    q: search.q ?? "",
    states: commaList(search.state, RUN_STATES),
    trigger: search.trigger ?? null,
    jobId: search.job ?? null,
    period: search.period ?? null,
    page: search.page ?? 1,
  };
}

function toSearch(filter: RunListFilter): RunsSearch {
  return {
    q: filter.q || undefined,
    state: filter.states.join(",") || undefined,
    trigger: filter.trigger ?? undefined,
    job: filter.jobId ?? undefined,
    period: filter.period ?? undefined,
    page: filter.page === 1 ? undefined : filter.page,
  };
}

export function RunsPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = useNavigate();
  const filter = useMemo(() => toFilter(search), [search]);
  return (
    <Page title={t("runs.title")} actions={<LiveToggle />}>
      <RunList
        filter={filter}
        onChange={(change) =>
          void navigate({ to: "/runs", search: toSearch({ ...filter, ...change }), replace: true })
        }
      />
    </Page>
  );
}
