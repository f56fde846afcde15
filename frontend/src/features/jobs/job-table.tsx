import { VisuallyHidden } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import type { Job } from "@/api/jobs";
import type { Run } from "@/api/runs";
import { SortHead, type Sort } from "@/ui/sort-head";
import { useMay } from "@/ui/session-context";
import { VirtualRows } from "@/ui/virtual-rows";
import type { JobSortKey } from "./job-filter";
import { JobCard, JobRow } from "./job-row";
import { useRunNow } from "./use-job-actions";

interface JobTableProps {
  jobs: Job[];
  trends: Map<number, Run[]>;
  sort: Sort<JobSortKey>;
  onSort: (sort: Sort<JobSortKey>) => void;
  onTag: (tag: string) => void;
  /** Whether any job has tags, shown or not: filters move no columns. */
  hasTags: boolean;
}

const BESIDE_NAME =
  "100px minmax(80px, 0.9fr) minmax(150px, 1.8fr) 112px 120px 84px 84px 112px 84px";
const WIDE = { columns: `minmax(180px, 2fr) ${BESIDE_NAME}`, minWidth: 1110 };
// Two tags and some of the file stand under a name.
const WIDE_WITH_TAGS = { columns: `minmax(230px, 3fr) ${BESIDE_NAME}`, minWidth: 1156 };
const NONE: Run[] = [];

export function JobTable({ jobs, trends, sort, onSort, onTag, hasTags }: JobTableProps) {
  const { t } = useTranslation();
  const mayRun = useMay("runs.control");
  const { mutate: run } = useRunNow();
  const onRun = mayRun ? run : undefined;
  const isNarrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const head = (column: JobSortKey, isNumber = false) => (
    <SortHead
      column={column}
      label={t(`jobs.columns.${column}`)}
      sort={sort}
      onSort={onSort}
      isNumber={isNumber}
    />
  );
  if (isNarrow) {
    return (
      <VirtualRows
        items={jobs}
        label={t("jobs.title")}
        columns="minmax(0, 1fr) auto"
        minWidth={0}
        rowHeight={84}
        keyOf={(job) => job.jobId}
        head={
          <>
            {head("name")}
            <div role="columnheader">
              <VisuallyHidden>{t("table.actions")}</VisuallyHidden>
            </div>
          </>
        }
        row={(job) => <JobCard job={job} onRun={onRun} onTag={onTag} />}
      />
    );
  }
  return (
    <VirtualRows
      items={jobs}
      label={t("jobs.title")}
      {...(hasTags ? WIDE_WITH_TAGS : WIDE)}
      rowHeight={54}
      keyOf={(job) => job.jobId}
      head={
        <>
          {head("name")}
          <div role="columnheader">{t("jobs.columns.status")}</div>
          {head("connection")}
          <div role="columnheader">{t("jobs.columns.schedule")}</div>
          {head("next")}
          {head("last")}
          {head("duration", true)}
          {head("rows", true)}
          <div role="columnheader">{t("jobs.columns.trend")}</div>
          <div role="columnheader">
            <VisuallyHidden>{t("table.actions")}</VisuallyHidden>
          </div>
        </>
      }
      row={(job) => (
        <JobRow job={job} runs={trends.get(job.jobId) ?? NONE} onRun={onRun} onTag={onTag} />
      )}
    />
  );
}
