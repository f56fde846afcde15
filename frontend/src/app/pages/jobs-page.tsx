import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { jobsQuery } from "@/api/jobs";
import { DefinitionsMenu } from "@/features/definitions/definitions-menu";
import { filterJobs, formatSort, parseSort, type JobFilter } from "@/features/jobs/job-filter";
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

/** The jobs a filter leaves; null when it leaves all of them. */
function useShown(filter: JobFilter): number[] | null {
  const { i18n } = useTranslation();
  const { data } = useQuery({ ...jobsQuery, notifyOnChangeProps: ["data"] });
  return useMemo(() => {
    const shown = filterJobs(data ?? [], filter, i18n.language);
    return shown.length === data?.length ? null : shown.map((job) => job.jobId);
  }, [data, filter, i18n.language]);
}

export function JobsPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = useNavigate();
  const filter = useMemo(() => toFilter(search), [search]);
  const shown = useShown(filter);
  const change = (part: Partial<JobFilter>) =>
    void navigate({ to: "/jobs", search: toSearch({ ...filter, ...part }), replace: true });
  return (
    <Page
      title={t("jobs.title")}
      actions={
        <>
          <LiveToggle />
          <DefinitionsMenu shown={shown} />
          <NewJobButton />
        </>
      }
    >
      <JobList filter={filter} onChange={change} />
    </Page>
  );
}
