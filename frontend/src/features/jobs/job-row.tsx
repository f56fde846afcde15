import { ActionIcon, Group, Text, Tooltip } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Job } from "@/api/jobs";
import type { Run } from "@/api/runs";
import { useFormats } from "@/i18n/use-formats";
import { useScheduleText } from "@/i18n/use-schedule-text";
import { RelativeTime } from "@/ui/relative-time";
import { RunStateBadge } from "@/ui/run-state-badge";
import { useMay } from "@/ui/session-context";
import { durationOf } from "./job-filter";
import { JobMenu } from "./job-menu";
import { JobStatus } from "./job-status";
import { JobTrend } from "./job-trend";
import { useRunNow } from "./use-job-actions";

interface JobRowProps {
  job: Job;
  runs: Run[];
}

export function JobName({ job }: { job: Job }) {
  return (
    <>
      <Link
        to="/jobs/$jobId"
        params={{ jobId: String(job.jobId) }}
        className="row-link truncate"
        title={job.name}
      >
        {job.name}
      </Link>
      <Text size="xs" c="dimmed" className="truncate" title={job.dataset ?? job.exportName}>
        {job.dataset ?? job.exportName}
      </Text>
    </>
  );
}

export function LastRunCell({ job }: { job: Job }) {
  const { t } = useTranslation();
  const run = job.lastRun;
  if (run === null)
    return (
      <Text size="xs" c="dimmed">
        {t("values.never")}
      </Text>
    );
  const at = run.finishedAt ?? run.startedAt ?? run.dueAt;
  return (
    <Link
      to="/runs/$runId"
      params={{ runId: String(run.runId) }}
      style={{ textDecoration: "none", color: "inherit" }}
    >
      <RunStateBadge state={run.state} />
      {at && (
        <Text size="xs" c="dimmed" component="div" mt={2}>
          <RelativeTime at={at} zone={job.effectiveTimeZone} />
        </Text>
      )}
    </Link>
  );
}

export function RowButtons({ job }: { job: Job }) {
  const { t } = useTranslation();
  const mayRun = useMay("runs.control");
  const runNow = useRunNow();
  return (
    <Group gap={2} wrap="nowrap" justify="flex-end">
      {mayRun && (
        <Tooltip label={t("jobs.runNow")}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`${t("jobs.runNow")}: ${job.name}`}
            loading={runNow.isPending}
            onClick={() => runNow.mutate(job)}
          >
            <IconPlayerPlay size={16} />
          </ActionIcon>
        </Tooltip>
      )}
      <JobMenu job={job} />
    </Group>
  );
}

/** The cells of one job in the wide table. */
export function JobRow({ job, runs }: JobRowProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const schedule = useScheduleText().ofText(job.schedule);
  const duration = durationOf(job);
  const rows = job.lastRun?.rows ?? null;
  return (
    <>
      <div role="cell">
        <JobName job={job} />
      </div>
      <div role="cell">
        <JobStatus isActive={job.isActive} />
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
          <Text size="xs" c="dimmed">
            {t("jobs.noNext")}
          </Text>
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
        <RowButtons job={job} />
      </div>
    </>
  );
}

/** One job on a narrow screen. */
export function JobCard({ job }: { job: Job }) {
  const schedule = useScheduleText().ofText(job.schedule);
  return (
    <>
      <div role="cell" style={{ paddingTop: 8, paddingBottom: 8 }}>
        <JobName job={job} />
        <Group gap={6} mt={4} wrap="nowrap">
          {job.lastRun ? <RunStateBadge state={job.lastRun.state} /> : null}
          <Text size="xs" c="dimmed" className="truncate">
            {schedule}
          </Text>
        </Group>
      </div>
      <div role="cell">
        <RowButtons job={job} />
      </div>
    </>
  );
}
