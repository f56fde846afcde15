import { IconPlayerPlay } from "@tabler/icons-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Job } from "@/api/jobs";
import type { Run } from "@/api/runs";
import { useFormats } from "@/i18n/use-formats";
import { useScheduleText } from "@/i18n/use-schedule-text";
import { IconButton } from "@/ui/icon-button";
import { LightLink, paths } from "@/ui/light-link";
import { RelativeTime } from "@/ui/relative-time";
import { RunStateBadge } from "@/ui/run-state-badge";
import { durationOf } from "./job-filter";
import { JobMenu } from "./job-menu";
import classes from "./job-row.module.css";
import { JobStatus } from "./job-status";
import { TagButtons } from "./job-tags";
import { JobTrend } from "./job-trend";
import { PauseTag } from "./pause-tag";

// Rows are drawn by the hundred while a long list scrolls: they hold plain elements, and what is
// heavy comes only when it is asked for.

interface JobRowProps {
  job: Job;
  runs: Run[];
  /** Absent where the role may not run jobs. */
  onRun: ((job: Job) => void) | undefined;
  onTag: (tag: string) => void;
}

function JobName({ job, onTag }: Pick<JobRowProps, "job" | "onTag">) {
  const file = job.dataset ?? job.exportName;
  return (
    <>
      <LightLink href={paths.job(job.jobId)} className="row-link truncate" title={job.name}>
        {job.name}
      </LightLink>
      <span className={classes.under}>
        <span className={`truncate ${classes.small ?? ""} ${classes.file ?? ""}`} title={file}>
          {file}
        </span>
        {job.tags.length > 0 && <TagButtons tags={job.tags} onTag={onTag} />}
      </span>
    </>
  );
}

function LastRunCell({ job }: { job: Job }) {
  const { t } = useTranslation();
  const run = job.lastRun;
  if (run === null) return <span className={classes.small}>{t("values.never")}</span>;
  const at = run.finishedAt ?? run.startedAt ?? run.dueAt;
  return (
    <LightLink href={paths.run(run.runId)} className={classes.last}>
      <RunStateBadge state={run.state} />
      {at && (
        <span className={classes.small}>
          <RelativeTime at={at} zone={job.effectiveTimeZone} />
        </span>
      )}
    </LightLink>
  );
}

function RowButtons({ job, onRun }: Pick<JobRowProps, "job" | "onRun">) {
  const { t } = useTranslation();
  return (
    <div className={classes.buttons}>
      {onRun && (
        <IconButton label={`${t("jobs.runNow")}: ${job.name}`} onClick={() => onRun(job)}>
          <IconPlayerPlay size={16} />
        </IconButton>
      )}
      <JobMenu job={job} />
    </div>
  );
}

/** The cells of one job in the wide table. */
export const JobRow = memo(function JobRow({ job, runs, onRun, onTag }: JobRowProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const schedule = useScheduleText().ofJob(job);
  const duration = durationOf(job);
  const rows = job.lastRun?.rows ?? null;
  return (
    <>
      <div role="cell">
        <JobName job={job} onTag={onTag} />
      </div>
      <div role="cell">
        {job.isActive && job.pausedAt !== null ? (
          <PauseTag />
        ) : (
          <JobStatus isActive={job.isActive} />
        )}
      </div>
      <div role="cell" className="truncate" title={job.connectionName ?? undefined}>
        {job.connectionName ?? "–"}
      </div>
      <div role="cell" className="truncate" title={`${schedule} (${job.effectiveTimeZone})`}>
        {schedule}
      </div>
      <div role="cell">
        {job.isActive && job.nextDueAt ? (
          <RelativeTime at={job.nextDueAt} zone={job.effectiveTimeZone} />
        ) : (
          <span className={classes.small}>{t("jobs.noNext")}</span>
        )}
      </div>
      <div role="cell">
        <LastRunCell job={job} />
      </div>
      <div role="cell" className="num">
        {duration === null ? "–" : formats.duration(duration)}
      </div>
      <div role="cell" className="num">
        {rows === null ? "–" : formats.number(rows)}
      </div>
      <div role="cell">
        <JobTrend runs={runs} />
      </div>
      <div role="cell">
        <RowButtons job={job} onRun={onRun} />
      </div>
    </>
  );
});

/** One job on a narrow screen. */
export const JobCard = memo(function JobCard({ job, onRun, onTag }: Omit<JobRowProps, "runs">) {
  const schedule = useScheduleText().ofJob(job);
  return (
    <>
      <div role="cell" className={classes.card}>
        <JobName job={job} onTag={onTag} />
        <div className={classes.line}>
          {job.lastRun ? <RunStateBadge state={job.lastRun.state} /> : null}
          <span className={`truncate ${classes.small ?? ""}`}>{schedule}</span>
        </div>
      </div>
      <div role="cell">
        <RowButtons job={job} onRun={onRun} />
      </div>
    </>
  );
});
