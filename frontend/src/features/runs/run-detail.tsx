import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconPlayerStop, IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { jobQuery } from "@/api/jobs";
import { isActive, runQuery, type RunDetail as Run } from "@/api/runs";
import { CopyBlock } from "@/ui/copy-block";
import { Crumb } from "@/ui/crumb";
import { ErrorPanel } from "@/ui/error-panel";
import { useFastInterval } from "@/ui/live";
import { Page } from "@/ui/page";
import { RunStateBadge } from "@/ui/run-state-badge";
import { Section } from "@/ui/section";
import { TableSkeleton } from "@/ui/table-skeleton";
import { RunActions } from "./run-actions";
import { RunAttempts } from "./run-attempts";
import classes from "./run-detail.module.css";
import { RunDeliveries } from "./run-deliveries";
import { RunBinds, RunGate } from "./run-dates";
import { RunFacts } from "./run-facts";
import { RunLog } from "./run-log";
import { RunOutcome } from "./run-outcome";
import { RunProgress } from "./run-progress";
import { RunSets } from "./run-sets";
import { RunTables } from "./run-tables";

/** One run, followed every second while it works. */
export function RunDetail({ runId }: { runId: number }) {
  const { t } = useTranslation();
  const interval = useFastInterval(1000);
  const run = useQuery({
    ...runQuery(runId),
    refetchInterval: (query) =>
      query.state.data !== undefined && isActive(query.state.data) ? interval : false,
  });
  if (run.data !== undefined) return <RunView run={run.data} />;
  return (
    <Page
      title={t("run.title", { id: runId })}
      above={<Crumb to="/runs" label={t("runs.title")} />}
    >
      {run.isError ? (
        <ErrorPanel error={run.error} onRetry={run.refetch} />
      ) : (
        <div className="panel">
          <TableSkeleton rows={6} />
        </div>
      )}
    </Page>
  );
}

function RunView({ run }: { run: Run }) {
  const { t } = useTranslation();
  const isLive = isActive(run);
  const isCancelling = run.state === "running" && run.cancelRequestedBy !== null;
  return (
    <Page
      title={run.jobName}
      tab={t("run.of", { id: run.runId, name: run.jobName })}
      subtitle={t("run.title", { id: run.runId })}
      above={<Crumb to="/runs" label={t("runs.title")} />}
      beside={<RunStateBadge state={run.state} />}
      actions={
        <>
          <ToData run={run} />
          <RunActions run={run} />
        </>
      }
    >
      <div className={classes.columns}>
        <Stack className={classes.main} aria-live="polite">
          {isCancelling && (
            <Alert icon={<IconPlayerStop size={16} />} color="yellow" variant="outline" p="xs">
              <Text size="sm">{t("run.cancelRequested")}</Text>
            </Alert>
          )}
          {isLive ? <RunProgress run={run} /> : <RunOutcome run={run} />}
          <RunTables runId={run.runId} isLive={isLive} />
          <RunSets run={run} />
          <RunGate run={run} />
          {hasRetry(run) && <RunAttempts attempts={run.attempts} />}
          {run.state === "succeeded" && <RunDeliveries runId={run.runId} />}
          <RunLog runId={run.runId} isLive={isLive} />
          <ExecutedSql run={run} />
        </Stack>
        <Stack>
          <RunFacts run={run} />
          <RunBinds binds={run.binds} />
        </Stack>
      </div>
    </Page>
  );
}

/** One attempt says nothing more than the run, unless it is or was to be tried again. */
function hasRetry({ attempts }: Run): boolean {
  return attempts.length > 1 || attempts.some((attempt) => attempt.retryAt !== null);
}

function ToData({ run }: { run: Run }) {
  const { t } = useTranslation();
  const hasData = run.state === "succeeded" && run.jobId !== null;
  const job = useQuery({ ...jobQuery(run.jobId ?? 0), enabled: hasData, staleTime: 60_000 });
  const dataset = job.data?.dataset;
  if (!hasData || !dataset) return null;
  return (
    <Button
      variant="default"
      leftSection={<IconTable size={15} />}
      renderRoot={(props) => <Link to="/datasets/$" params={{ _splat: dataset }} {...props} />}
    >
      {t("run.toData")}
    </Button>
  );
}

/** Runs that move tables have no query of their own, and none to wait for once they have begun. */
function ExecutedSql({ run }: { run: Run }) {
  const { t } = useTranslation();
  if (run.executedSql === null && run.startedAt !== null) return null;
  return (
    <Section title={t("run.sql")}>
      {run.executedSql === null ? (
        <Text size="sm" c="dimmed">
          {t("run.sqlNone")}
        </Text>
      ) : (
        <CopyBlock text={run.executedSql} label={t("run.sql")} />
      )}
    </Section>
  );
}
