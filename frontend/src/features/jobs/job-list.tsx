import { Button } from "@mantine/core";
import { IconCalendarPlus, IconFilterOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { jobsQuery } from "@/api/jobs";
import { EmptyState } from "@/ui/empty-state";
import { ErrorPanel } from "@/ui/error-panel";
import { useInterval } from "@/ui/live";
import { useMay } from "@/ui/session-context";
import { TableSkeleton } from "@/ui/table-skeleton";
import { filterJobs, type JobFilter } from "./job-filter";
import { JobFilters } from "./job-filters";
import { JobTable } from "./job-table";
import { asWritten, tagsOf } from "./tags";
import { recentRunsQuery, runsByJob } from "./trends";

interface JobListProps {
  filter: JobFilter;
  onChange: (change: Partial<JobFilter>) => void;
}

export function NewJobButton() {
  const { t } = useTranslation();
  const mayEdit = useMay("jobs.edit");
  return (
    <Button
      leftSection={<IconCalendarPlus size={15} />}
      renderRoot={(props) => <Link to="/jobs/new" {...props} />}
    >
      {mayEdit ? t("jobs.new") : t("jobs.propose")}
    </Button>
  );
}

export function JobList({ filter, onChange }: JobListProps) {
  const { t, i18n } = useTranslation();
  const jobs = useQuery({ ...jobsQuery, refetchInterval: useInterval(10_000) });
  const recent = useQuery({ ...recentRunsQuery, refetchInterval: useInterval(10_000) });
  const trends = useMemo(() => runsByJob(recent.data?.items ?? []), [recent.data]);
  const shown = useMemo(
    () => filterJobs(jobs.data ?? [], filter, i18n.language),
    [jobs.data, filter, i18n.language],
  );
  const connections = useMemo(
    () => [...new Set((jobs.data ?? []).flatMap((job) => job.connectionName ?? []))].sort(),
    [jobs.data],
  );
  const chosen = filter.tags;
  const addTag = useCallback(
    (tag: string) => onChange({ tags: asWritten([...chosen, tag], []) }),
    [chosen, onChange],
  );
  const tags = useMemo(() => tagsOf(jobs.data ?? [], i18n.language), [jobs.data, i18n.language]);
  if (jobs.data === undefined) {
    return jobs.isError ? (
      <ErrorPanel error={jobs.error} onRetry={jobs.refetch} />
    ) : (
      <div className="panel">
        <TableSkeleton rows={8} />
      </div>
    );
  }
  if (jobs.data.length === 0) {
    return (
      <div className="panel">
        <EmptyState
          icon={IconCalendarPlus}
          title={t("jobs.empty")}
          help={t("jobs.emptyHelp")}
          action={<NewJobButton />}
        />
      </div>
    );
  }
  return (
    <div className="panel">
      <JobFilters
        filter={filter}
        connections={connections}
        tags={tags}
        shown={shown.length}
        onChange={onChange}
      />
      {shown.length === 0 ? (
        <EmptyState icon={IconFilterOff} title={t("table.noMatch")} help={t("table.noMatchHelp")} />
      ) : (
        <JobTable
          jobs={shown}
          trends={trends}
          sort={filter.sort}
          onSort={(sort) => onChange({ sort })}
          onTag={addTag}
          hasTags={tags.length > 0}
        />
      )}
    </div>
  );
}
