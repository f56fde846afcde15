import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { formatSort, parseSort, type JobFilter } from "@/features/jobs/job-filter";
import { JobList, NewJobButton } from "@/features/jobs/job-list";
import { parseTags } from "@/features/jobs/tags";
import { LiveToggle } from "@/ui/live";
import { Page } from "@/ui/page";
import type { JobsSearch } from "@/app/search";

const route = getRouteApi("/shell/jobs");

function toFilter(search: JobsSearch): JobFilter {
  return {
    q: search.q ?? "",
    status: search.status ?? null,
    connection: search.connection ?? null,
    last: search.last ?? null,
    tags: parseTags(search.tag),
    sort: parseSort(search.sort),
  };
}

function toSearch(filter: JobFilter): JobsSearch {
  return {
    q: filter.q || undefined,
    status: filter.status ?? undefined,
    connection: filter.connection ?? undefined,
    last: filter.last ?? undefined,
    tag: filter.tags.join(",") || undefined,
    sort: formatSort(filter.sort),
  };
}

export function JobsPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = useNavigate();
  const filter = useMemo(() => toFilter(search), [search]);
  const change = (part: Partial<JobFilter>) =>
    void navigate({ to: "/jobs", search: toSearch({ ...filter, ...part }), replace: true });
  return (
    <Page
      title={t("jobs.title")}
      actions={
        <>
          <LiveToggle />
          <NewJobButton />
        </>
      }
    >
      <JobList filter={filter} onChange={change} />
    </Page>
  );
}
