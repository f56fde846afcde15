import {
  IconActivityHeartbeat,
  IconDatabase,
  IconPlayerPlay,
  IconServer,
  IconStack2,
  type Icon,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Readiness } from "@/api/health";
import type { Overview } from "@/api/overview";
import { useFormats } from "@/i18n/use-formats";
import { useNow } from "@/ui/clock";
import classes from "./home.module.css";

interface FigureProps {
  name: string;
  value: string;
  tone: "good" | "bad" | "warn" | "quiet";
  icon: Icon;
}

function Figure({ name, value, tone, icon: Symbol }: FigureProps) {
  return (
    <div className={`panel ${classes.figure ?? ""}`} data-tone={tone}>
      <Symbol size={22} stroke={1.6} aria-hidden />
      <div style={{ minWidth: 0 }}>
        <div className={classes.figureName}>{name}</div>
        <div className={classes.figureValue}>{value}</div>
      </div>
    </div>
  );
}

const SLOW_S = 30;

interface HealthFiguresProps {
  readiness: Readiness | undefined;
  overview: Overview;
}

/** Scheduler, workers, queue and database in one line. */
export function HealthFigures({ readiness, overview }: HealthFiguresProps) {
  const { t } = useTranslation();
  return (
    <div className={classes.figures}>
      {readiness && <Scheduler age={readiness.schedulerAgeS} />}
      {readiness && <Workers readiness={readiness} />}
      <Queue overview={overview} />
      <Running overview={overview} />
      {readiness && !readiness.isReady && (
        <Figure
          name={t("home.database")}
          value={t("home.databaseAway")}
          tone="bad"
          icon={IconDatabase}
        />
      )}
    </div>
  );
}

function Scheduler({ age }: { age: number | null }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const name = t("home.scheduler");
  if (age === null) {
    return (
      <Figure name={name} value={t("home.schedulerAway")} tone="bad" icon={IconActivityHeartbeat} />
    );
  }
  const isSlow = age > SLOW_S;
  const text = formats.duration(Math.max(1000, age * 1000));
  return (
    <Figure
      name={name}
      value={t(isSlow ? "home.schedulerSlow" : "home.schedulerOk", { age: text })}
      tone={isSlow ? "bad" : "good"}
      icon={IconActivityHeartbeat}
    />
  );
}

function Workers({ readiness }: { readiness: Readiness }) {
  const { t } = useTranslation();
  const count = readiness.workers.length;
  return (
    <Figure
      name={t("home.workers")}
      value={count === 0 ? t("home.noWorkers") : t("home.workers", { count, n: count })}
      tone={count === 0 ? "bad" : "good"}
      icon={IconServer}
    />
  );
}

function Queue({ overview }: { overview: Overview }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const now = useNow(5);
  const count = overview.statesToday.queued ?? 0;
  const oldest = overview.oldestQueuedAt;
  const isEmpty = oldest === null;
  const ageMs = isEmpty ? 0 : Math.max(1000, now.getTime() - oldest.getTime());
  const waiting = Math.max(1, count);
  return (
    <Figure
      name={t("home.queue")}
      value={
        isEmpty
          ? t("home.queueEmpty")
          : t("home.queueWaiting", {
              count: waiting,
              n: formats.number(waiting),
              age: formats.duration(ageMs),
            })
      }
      tone={ageMs > 60_000 ? "warn" : "quiet"}
      icon={IconStack2}
    />
  );
}

function Running({ overview }: { overview: Overview }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const count = overview.running.length;
  return (
    <Link
      to="/runs"
      search={{ state: "running" }}
      style={{ color: "inherit", textDecoration: "none" }}
    >
      <Figure
        name={t("home.running")}
        value={
          count === 0
            ? t("home.runningNone")
            : t("home.runningSome", { count, n: formats.number(count) })
        }
        tone="quiet"
        icon={IconPlayerPlay}
      />
    </Link>
  );
}
