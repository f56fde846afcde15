import { Text } from "@mantine/core";
import { IconBellX, IconCircleCheck, IconClockExclamation } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Notification } from "@/api/notifications";
import type { Overview } from "@/api/overview";
import type { Run } from "@/api/runs";
import { useFormats } from "@/i18n/use-formats";
import { useProblemText } from "@/i18n/use-problem-text";
import { RelativeTime } from "@/ui/relative-time";
import { RunStateBadge } from "@/ui/run-state-badge";
import { Section } from "@/ui/section";
import { Tag } from "@/ui/tag";
import classes from "./home.module.css";

/** What went wrong and what should have started; empty is the good news. */
export function Attention({ overview }: { overview: Overview }) {
  const { t } = useTranslation();
  const { failed, late, failedNotifications } = overview;
  const isGood = [failed, late, failedNotifications].every((found) => found.length === 0);
  return (
    <Section title={t("home.attention")} isFlush>
      {isGood ? (
        <div className={classes.good}>
          <IconCircleCheck size={22} aria-hidden />
          <div>
            <Text fw={600} size="sm">
              {t("home.allGood")}
            </Text>
            <Text size="xs" c="dimmed">
              {t("home.allGoodHelp")}
            </Text>
          </div>
        </div>
      ) : (
        <ul className={classes.list}>
          {late.map((run) => (
            <Entry key={run.runId} run={run} isLate />
          ))}
          {failed.map((run) => (
            <Entry key={run.runId} run={run} isLate={false} />
          ))}
          {failedNotifications.map((found) => (
            <UnsentEntry key={found.notificationId} notification={found} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Entry({ run, isLate }: { run: Run; isLate: boolean }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const problemText = useProblemText();
  const at = run.dueAt ?? run.queuedAt;
  const why = isLate
    ? t("home.late", { time: formats.time(at) })
    : problemText.ofCode(run.errorCode ?? "", run.errorMessage ?? t("home.failed")).title;
  return (
    <li>
      <Link to="/runs/$runId" params={{ runId: String(run.runId) }} className={classes.entry}>
        {isLate ? (
          <Tag tone="warn" icon={IconClockExclamation}>
            {t("datasets.late")}
          </Tag>
        ) : (
          <RunStateBadge state={run.state} />
        )}
        <span className={classes.what}>
          <span className="truncate">{run.jobName}</span>
          <span className={`truncate ${classes.why ?? ""}`}>{why}</span>
        </span>
        <span className={classes.when}>
          <RelativeTime at={run.finishedAt ?? at} />
        </span>
      </Link>
      {isLate && run.jobId !== null && (
        <Text size="xs" px="md" pb="xs">
          <Link to="/jobs/$jobId/why" params={{ jobId: String(run.jobId) }}>
            {t("why.title")}
          </Link>
        </Text>
      )}
    </li>
  );
}

function UnsentEntry({ notification }: { notification: Notification }) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const { errorCode, errorMessage, channelName, finishedAt, createdAt } = notification;
  return (
    <li>
      <Link to="/notifications" search={{ state: "failed" }} className={classes.entry}>
        <Tag tone="bad" icon={IconBellX}>
          {t("notifications.states.failed")}
        </Tag>
        <span className={classes.what}>
          <span className="truncate">{t("notifications.failed", { name: channelName })}</span>
          <span className={`truncate ${classes.why ?? ""}`}>
            {problemText.ofCode(errorCode ?? "", errorMessage ?? "").title}
          </span>
        </span>
        <span className={classes.when}>
          <RelativeTime at={finishedAt ?? createdAt} />
        </span>
      </Link>
    </li>
  );
}
