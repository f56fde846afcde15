import { Alert, Group, Progress, Stack, Text } from "@mantine/core";
import { IconHourglass } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { runsQuery, type RunDetail } from "@/api/runs";
import { useFormats } from "@/i18n/use-formats";
import { useNow } from "@/ui/clock";
import { Section } from "@/ui/section";
import { ElapsedTime } from "./elapsed-time";
import { expectationOf, progressPercent, type Expectation } from "./expectation";
import classes from "./run-progress.module.css";

function Figure({
  label,
  title,
  children,
}: {
  label: string;
  title?: string;
  children: ReactNode;
}) {
  return (
    <div className={classes.figure} title={title}>
      <div className={classes.label}>{label}</div>
      <div className={classes.value}>{children}</div>
    </div>
  );
}

/** How far a run is, from what it reports and what earlier runs took. */
export function RunProgress({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const earlier = useQuery({
    ...runsQuery({ jobId: run.jobId ?? 0, states: ["succeeded"], page: 1, size: 10 }),
    enabled: run.jobId !== null,
    staleTime: 60_000,
  });
  const expected = expectationOf(earlier.data?.items ?? []);
  return (
    <Section title={t("run.progress")}>
      {run.startedAt === null || run.state !== "running" ? (
        <Waiting run={run} />
      ) : (
        <Running run={run} startedAt={run.startedAt} expected={expected} />
      )}
    </Section>
  );
}

function Waiting({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const now = useNow();
  const waitMs = Math.floor((now.getTime() - run.queuedAt.getTime()) / 1000) * 1000;
  return (
    <Alert icon={<IconHourglass size={16} />} variant="outline" color="gray" p="xs">
      <Text size="sm" fw={500}>
        {run.retryAt === null
          ? t("run.queuedFor", { time: formats.duration(Math.max(1000, waitMs)) })
          : t("runs.retryAt", { time: formats.relative(run.retryAt, now) })}
      </Text>
      <Text size="xs" c="dimmed">
        {t("run.queuedHelp")}
      </Text>
    </Alert>
  );
}

interface RunningProps {
  run: RunDetail;
  startedAt: Date;
  expected: Expectation | null;
}

function Running({ run, startedAt, expected }: RunningProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const now = useNow();
  const elapsed = Math.max(1, now.getTime() - startedAt.getTime());
  const seconds = Math.max(1, ((run.progressAt ?? now).getTime() - startedAt.getTime()) / 1000);
  const rate = run.rows === null ? null : run.rows / seconds;
  const left = expected === null ? null : expected.durationMs - elapsed;
  const percent = expected === null ? 100 : progressPercent(expected, elapsed, run.rows);
  return (
    <Stack gap="sm">
      <Progress
        value={percent}
        animated
        striped={expected === null}
        size="md"
        aria-label={t("run.progress")}
      />
      <Group gap="xl">
        <Figure label={t("run.rows")}>{run.rows === null ? "–" : formats.number(run.rows)}</Figure>
        <Figure label={t("run.size")}>
          {run.sizeBytes === null ? "–" : formats.bytes(run.sizeBytes)}
        </Figure>
        <Figure label={t("run.rate")}>
          {rate === null ? "–" : t("run.rateValue", { n: formats.number(Math.round(rate)) })}
        </Figure>
        <Figure label={t("run.elapsed")}>
          <ElapsedTime since={startedAt} />
        </Figure>
        {expected !== null && (
          <Figure label={t("run.expected")} title={t("run.expectedHelp")}>
            {formats.duration(expected.durationMs)}
            <Text span size="xs" c="dimmed" ml={6}>
              {left !== null && left > 0
                ? t("run.expectedLeft", { time: formats.duration(left) })
                : t("run.expectedOver")}
            </Text>
          </Figure>
        )}
      </Group>
    </Stack>
  );
}
