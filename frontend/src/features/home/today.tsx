import { Group, Text } from "@mantine/core";
import { IconCalendarOff, IconCalendarTime } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Overview } from "@/api/overview";
import { useFormats } from "@/i18n/use-formats";
import type { RunState } from "@/lib/run-state";
import { EmptyState } from "@/ui/empty-state";
import { RunStateBadge } from "@/ui/run-state-badge";
import { Section } from "@/ui/section";
import { Tag } from "@/ui/tag";
import classes from "./home.module.css";
import { aroundNow, byHour, type Hour } from "./timeline";

const COLORS: Record<RunState | "toCome", string> = {
  succeeded: "var(--asql-good)",
  running: "var(--asql-busy)",
  queued: "var(--asql-wait)",
  interrupted: "var(--asql-warn)",
  failed: "var(--asql-bad)",
  cancelled: "var(--asql-quiet)",
  toCome: "var(--asql-line)",
};
const ORDER = Object.keys(COLORS) as (RunState | "toCome")[];
const PAST = 8;
const COMING = 6;

/** Today's occurrences: done, running, to come. */
export function Today({ overview }: { overview: Overview }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { today, planned, timeZone } = overview;
  const around = useMemo(() => aroundNow(overview, PAST, COMING), [overview]);
  const count = (state: RunState) => today.filter((run) => run.state === state).length;
  const failed = count("failed");
  return (
    <Section
      title={`${t("home.today")} · ${formats.date(overview.now, timeZone)}`}
      isFlush
      aside={
        <Text size="xs" c="dimmed">
          {t("home.todayDone", { n: formats.number(count("succeeded")) })}
          {failed > 0 && ` · ${t("home.todayFailed", { n: formats.number(failed) })}`}
          {` · ${t("home.todayToCome", { n: formats.number(planned.length) })} · ${timeZone}`}
        </Text>
      }
    >
      {today.length === 0 && planned.length === 0 ? (
        <EmptyState
          icon={IconCalendarOff}
          title={t("home.todayEmpty")}
          help={t("home.todayEmptyHelp")}
        />
      ) : (
        <>
          <Hours overview={overview} />
          <ol className={classes.list}>
            {around.before.map(({ at, run }) => (
              <li key={run.runId}>
                <Link
                  to="/runs/$runId"
                  params={{ runId: String(run.runId) }}
                  className={classes.entry}
                >
                  <span className={classes.time}>{formats.time(at, timeZone)}</span>
                  <span className={`truncate ${classes.what ?? ""}`}>{run.jobName}</span>
                  {run.rows !== null && (
                    <Text span size="xs" c="dimmed" className="hide-phone">
                      {t("values.rows", { count: run.rows, n: formats.number(run.rows) })}
                    </Text>
                  )}
                  <RunStateBadge state={run.state} />
                </Link>
              </li>
            ))}
            <li className={classes.now}>
              {t("home.nowLine")} {formats.time(overview.now, timeZone)}
            </li>
            {around.after.map(({ at, planned: one }) => (
              <li key={`${one.jobId}-${at.getTime()}`}>
                <Link
                  to="/jobs/$jobId"
                  params={{ jobId: String(one.jobId) }}
                  className={classes.entry}
                >
                  <span className={classes.time}>{formats.time(at, timeZone)}</span>
                  <span className={`truncate ${classes.what ?? ""}`}>{one.jobName}</span>
                  <Tag tone="quiet" icon={IconCalendarTime}>
                    {t("home.toCome")}
                  </Tag>
                </Link>
              </li>
            ))}
          </ol>
          {planned.length > COMING && (
            <Group px="md" pb="sm">
              <Text size="xs" c="dimmed">
                {t("home.more", { n: formats.number(planned.length - COMING) })}
              </Text>
            </Group>
          )}
        </>
      )}
    </Section>
  );
}

function Hours({ overview }: { overview: Overview }) {
  const { t } = useTranslation();
  const hours = useMemo(() => byHour(overview), [overview]);
  const total = (hour: Hour) => ORDER.reduce((sum, key) => sum + (hour.counts[key] ?? 0), 0);
  const top = Math.max(1, ...hours.map(total));
  const now = Math.floor((overview.now.getTime() - overview.dayStart.getTime()) / 3_600_000);
  return (
    <>
      <div className={classes.bars} role="img" aria-label={t("home.timelineLabel")}>
        {hours.map((hour) => (
          <div key={hour.hour} className={classes.hour} data-now={hour.hour === now || undefined}>
            {ORDER.filter((key) => hour.counts[key] !== undefined).map((key) => (
              <div
                key={key}
                className={classes.part}
                style={{
                  height: `${((hour.counts[key] ?? 0) / top) * 100}%`,
                  minHeight: 4,
                  background: COLORS[key],
                  opacity: key === "succeeded" ? 0.75 : 1,
                }}
              />
            ))}
          </div>
        ))}
      </div>
      <div className={classes.scale} aria-hidden>
        {hours.map(({ hour }) => (
          <span key={hour}>{hour % 3 === 0 ? hour : ""}</span>
        ))}
      </div>
    </>
  );
}
