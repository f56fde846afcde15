import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { runsQuery } from "@/api/runs";
import { useFormats } from "@/i18n/use-formats";
import { ErrorPanel } from "@/ui/error-panel";
import { useInterval } from "@/ui/live";
import { RelativeTime } from "@/ui/relative-time";
import { RunStateBadge } from "@/ui/run-state-badge";
import { Section } from "@/ui/section";
import { TableSkeleton } from "@/ui/table-skeleton";
import classes from "./recent-runs.module.css";

/** The last runs of one job, beside its editor. */
export function RecentRuns({ jobId }: { jobId: number }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const runs = useQuery({
    ...runsQuery({ jobId, page: 1, size: 8 }),
    refetchInterval: useInterval(4000),
  });
  const items = runs.data?.items;
  return (
    <Section
      title={t("job.sections.recent")}
      isFlush
      aside={
        <Link to="/runs" search={{ job: jobId }} className={classes.all}>
          {t("job.allRuns")}
        </Link>
      }
    >
      {items === undefined && runs.isError && (
        <ErrorPanel error={runs.error} onRetry={runs.refetch} />
      )}
      {items === undefined && !runs.isError && <TableSkeleton rows={3} />}
      {items?.length === 0 && (
        <Text size="sm" c="dimmed" p="md">
          {t("job.noRuns")}
        </Text>
      )}
      <ul className={classes.list}>
        {items?.map((run) => (
          <li key={run.runId}>
            <Link to="/runs/$runId" params={{ runId: String(run.runId) }} className={classes.run}>
              <RunStateBadge state={run.state} isPlain />
              <span className={classes.rows}>
                {run.rows === null ? "" : formats.number(run.rows)}
              </span>
              <span className={classes.when}>
                <RelativeTime at={run.finishedAt ?? run.startedAt ?? run.dueAt ?? run.queuedAt} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <Text size="sm" px="md" pb="sm">
        <Link to="/jobs/$jobId/why" params={{ jobId: String(jobId) }}>
          {t("why.title")}
        </Link>
      </Text>
    </Section>
  );
}
