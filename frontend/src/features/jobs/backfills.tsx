import { Button, Progress, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { backfillsQuery, cancelBackfill, type Backfill } from "@/api/backfills";
import type { Job } from "@/api/jobs";
import { useFormats } from "@/i18n/use-formats";
import { ErrorPanel } from "@/ui/error-panel";
import { useInterval } from "@/ui/live";
import { Section } from "@/ui/section";
import { useMay } from "@/ui/session-context";
import { useAction } from "@/ui/use-action";
import { BackfillDialog } from "./backfill-dialog";

const SHOWN = 3;

/** Runs over past days: those that were asked for, how far they are, and the way to ask. */
export function Backfills({ job }: { job: Job }) {
  const { t } = useTranslation();
  const mayRun = useMay("runs.control");
  const [isAsking, setAsking] = useState(false);
  const backfills = useQuery({
    ...backfillsQuery(job.jobId),
    refetchInterval: useInterval(4000),
  });
  const items = backfills.data ?? [];
  if (!mayRun && items.length === 0) return null;
  return (
    <Section
      title={t("backfill.title")}
      aside={
        mayRun && (
          <Button size="compact-xs" variant="default" onClick={() => setAsking(true)}>
            {t("backfill.ask")}
          </Button>
        )
      }
    >
      <Stack gap="sm">
        {backfills.isError && backfills.data === undefined && (
          <ErrorPanel error={backfills.error} onRetry={backfills.refetch} />
        )}
        {items.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("backfill.none")}
          </Text>
        )}
        {items.slice(0, SHOWN).map((one) => (
          <BackfillEntry key={one.backfillId} backfill={one} jobId={job.jobId} />
        ))}
      </Stack>
      {isAsking && <BackfillDialog job={job} onClose={() => setAsking(false)} />}
    </Section>
  );
}

function BackfillEntry({ backfill, jobId }: { backfill: Backfill; jobId: number }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const mayRun = useMay("runs.control");
  const { firstDate, lastDate, progress, counts, total } = backfill;
  const days = `${formats.day(firstDate)} – ${formats.day(lastDate)}`;
  const failed = counts.failed ?? 0;
  const isOpen = progress < 1;
  const cancel = useAction({
    run: () => cancelBackfill(backfill.backfillId),
    invalidates: [["runs"], ["jobs"]],
    done: () => t("backfill.cancelled", { days }),
  });
  return (
    <div>
      <Text size="sm" fw={500}>
        {days}
      </Text>
      <Progress value={progress * 100} size="sm" my={4} aria-label={days} />
      <Text size="xs" c="dimmed">
        {t("backfill.done", {
          done: formats.number(Math.round(progress * total)),
          total: formats.number(total),
        })}
        {failed > 0 && ` · ${t("home.todayFailed", { n: formats.number(failed) })}`}
        {" · "}
        <Link to="/runs" search={{ job: jobId, trigger: "backfill" }}>
          {t("jobs.history")}
        </Link>
      </Text>
      {isOpen && mayRun && (
        <Button
          size="compact-xs"
          variant="subtle"
          loading={cancel.isPending}
          onClick={() => cancel.mutate()}
        >
          {t("backfill.cancel")}
        </Button>
      )}
    </div>
  );
}
