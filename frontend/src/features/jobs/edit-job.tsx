import { Button, Group } from "@mantine/core";
import { IconPlayerPlay, IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { jobQuery, type Job } from "@/api/jobs";
import { ErrorPanel } from "@/ui/error-panel";
import { useInterval } from "@/ui/live";
import { Page } from "@/ui/page";
import { Crumb } from "@/ui/crumb";
import { useMay } from "@/ui/session-context";
import { TableSkeleton } from "@/ui/table-skeleton";
import { useServerZone } from "@/ui/use-server-zone";
import { Backfills } from "./backfills";
import { draftOf } from "./draft";
import { JobEditor } from "./job-editor";
import { JobMenu } from "./job-menu";
import { JobSets } from "./job-sets";
import { TagLinks } from "./job-tags";
import { JobProposals } from "./job-proposals";
import { JobVersions } from "./job-versions";
import { PauseNotice } from "./pause-notice";
import { RecentRuns } from "./recent-runs";
import { useRunNow } from "./use-job-actions";

interface EditJobProps {
  jobId: number;
  /** What else should be seen first. */
  notice?: ReactNode;
  below?: ReactNode;
}

/** Reads a job and edits it. A newer revision replaces the form only while nothing was typed. */
export function EditJob({ jobId, notice, below }: EditJobProps) {
  const { t } = useTranslation();
  const job = useQuery({ ...jobQuery(jobId), refetchInterval: useInterval(10_000) });
  const [base, setBase] = useState<Job | null>(null);
  const [isDirty, setDirty] = useState(false);
  const serverZone = useServerZone();
  const found = job.data;
  if (found !== undefined && found.revision !== base?.revision && !isDirty) setBase(found);
  if (base === null) {
    return (
      <Page title={t("jobs.title")} above={<Crumb to="/jobs" label={t("jobs.title")} />}>
        {job.isError ? (
          <ErrorPanel error={job.error} onRetry={job.refetch} />
        ) : (
          <div className="panel">
            <TableSkeleton rows={8} />
          </div>
        )}
      </Page>
    );
  }
  return (
    <JobEditor
      key={`${base.jobId}-${base.revision}`}
      base={base}
      initial={draftOf(base)}
      defaultZone={serverZone}
      above={
        <Group gap={6}>
          <Crumb to="/jobs" label={t("jobs.title")} />
          <TagLinks tags={(found ?? base).tags} />
        </Group>
      }
      actions={<EditActions job={found ?? base} isDirty={isDirty} />}
      notice={
        <>
          <PauseNotice job={found ?? base} />
          {notice}
        </>
      }
      below={below}
      aside={
        <>
          <JobSets job={found ?? base} isDirty={isDirty} />
          <RecentRuns jobId={base.jobId} />
          <Backfills job={base} />
          <JobProposals jobId={base.jobId} />
          <JobVersions jobId={base.jobId} />
        </>
      }
      onDirty={setDirty}
      onSaved={() => setDirty(false)}
      onReload={() => setDirty(false)}
    />
  );
}

function EditActions({ job, isDirty }: { job: Job; isDirty: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const mayRun = useMay("runs.control");
  const runNow = useRunNow((runId) => {
    if (!isDirty) void navigate({ to: "/runs/$runId", params: { runId: String(runId) } });
  });
  const hasData = job.dataset !== null && job.lastRun !== null;
  return (
    <>
      <JobMenu job={job} onDeleted={() => void navigate({ to: "/jobs", ignoreBlocker: true })} />
      {hasData && (
        <Button
          variant="default"
          leftSection={<IconTable size={15} />}
          renderRoot={(props) => (
            <Link to="/datasets/$" params={{ _splat: job.dataset ?? "" }} {...props} />
          )}
        >
          {t("job.dataset")}
        </Button>
      )}
      {mayRun && (
        <Button
          variant="default"
          leftSection={<IconPlayerPlay size={15} />}
          loading={runNow.isPending}
          onClick={() => runNow.mutate(job)}
        >
          {t("jobs.runNow")}
        </Button>
      )}
    </>
  );
}
