import { Alert, Group, Progress, Stack, Text } from "@mantine/core";
import { IconHourglass } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { runTablesQuery } from "@/api/run-tables";
import type { RunDetail } from "@/api/runs";
import { useFormats } from "@/i18n/use-formats";
import { useNow } from "@/ui/clock";
import { Section } from "@/ui/section";
import { ElapsedTime } from "./elapsed-time";
import { progressPercent, type Expectation } from "./expectation";
import classes from "./run-progress.module.css";
import { rowsOfAll } from "./table-progress";
import { useWaitingFor } from "./use-reason";

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
  const expected =
    run.expectedDurationMs === null
      ? null
      : { durationMs: run.expectedDurationMs, rows: run.expectedRows };
  return (
    <Section title={t("run.progress")} aside={<Phase phase={run.phase} />}>
      {run.startedAt === null || run.state !== "running" ? (
        <Waiting run={run} />
      ) : (
        <Running run={run} startedAt={run.startedAt} expected={expected} />
      )}
    </Section>
  );
}

const PHASES = ["connecting", "querying", "writing", "publishing"] as const;

function Phase({ phase }: { phase: string | null }) {
  const { t } = useTranslation();
  const known = PHASES.find((one) => one === phase);
  if (known === undefined) return null;
  return (
    <Text size="sm" c="dimmed">
      {t(`run.phases.${known}`)}
    </Text>
  );
}

function Waiting({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const now = useNow();
  const waitingFor = useWaitingFor()(run.waitingFor);
  const waitMs = Math.floor((now.getTime() - run.queuedAt.getTime()) / 1000) * 1000;
  const until = run.notBefore !== null && run.notBefore > now ? run.notBefore : null;
  return (
    <Alert icon={<IconHourglass size={16} />} variant="outline" color="gray" p="xs">
      <Text size="sm" fw={500}>
        {waitingFor ??
          (run.retryAt === null
            ? t("run.queuedFor", { time: formats.duration(Math.max(1000, waitMs)) })
            : t("runs.retryAt", { time: formats.relative(run.retryAt, now) }))}
      </Text>
      <Text size="xs" c="dimmed">
        {until === null
          ? waitingFor === null
            ? t("run.queuedHelp")
            : t("run.queuedFor", { time: formats.duration(Math.max(1000, waitMs)) })
          : t("run.notBefore", {
              time: formats.dateTime(until),
              relative: formats.relative(until, now),
            })}
      </Text>
    </Alert>
  );
}

/** What the tables of a run are expected to bring together; null for a run that moves none. */
function useRowsOfTables(runId: number): number | null {
  const tables = useQuery({ ...runTablesQuery(runId), select: rowsOfAll });
  return tables.data ?? null;
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
  const left = expected === null ? null : expected.durationMs - elapsed;
  const rows = useRowsOfTables(run.runId) ?? expected?.rows ?? null;
  const isKnown = expected !== null || rows !== null;
  const durationMs = expected?.durationMs ?? 0;
  const percent = isKnown ? progressPercent({ durationMs, rows }, elapsed, run.rows) : 100;
  return (
    <Stack gap="sm">
      <Progress
        value={percent}
        animated
        striped={!isKnown}
        size="md"
        aria-label={t("run.progress")}
      />
      <Group gap="xl">
        <Figure label={t("run.rows")}>{run.rows === null ? "–" : formats.number(run.rows)}</Figure>
        <Figure label={t("run.size")}>
          {run.sizeBytes === null ? "–" : formats.bytes(run.sizeBytes)}
        </Figure>
        <Figure label={t("run.rate")}>
          {run.rowsPerS === null
            ? "–"
            : t("run.rateValue", { n: formats.number(Math.round(run.rowsPerS)) })}
          {run.bytesPerS !== null && (
            <Text span size="xs" c="dimmed" ml={6}>
              {formats.bytes(run.bytesPerS)}/s
            </Text>
          )}
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
