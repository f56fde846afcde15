import { Text } from "@mantine/core";
import { IconAlertTriangle, IconCalendarEvent, IconHandClick } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { isActive, type Run } from "@/api/runs";
import { useFormats } from "@/i18n/use-formats";
import { useProblemText } from "@/i18n/use-problem-text";
import { RelativeTime } from "@/ui/relative-time";
import { RunStateBadge } from "@/ui/run-state-badge";
import { ElapsedTime } from "./elapsed-time";
import classes from "./run-table.module.css";
import { useReason, useWaitingFor } from "./use-reason";

/** Runs, newest first; on a narrow screen each row becomes a card. */
export function RunTable({ runs }: { runs: Run[] }) {
  const { t } = useTranslation();
  return (
    <div className="scroll-x">
      <table className={`table ${classes.table ?? ""}`}>
        <thead>
          <tr>
            <th scope="col">{t("runs.columns.state")}</th>
            <th scope="col">{t("runs.columns.job")}</th>
            <th scope="col">{t("runs.columns.due")}</th>
            <th scope="col" className="num">
              {t("runs.columns.duration")}
            </th>
            <th scope="col" className="num">
              {t("runs.columns.rows")}
            </th>
            <th scope="col" className="num">
              {t("runs.columns.size")}
            </th>
            <th scope="col">{t("runs.columns.trigger")}</th>
            <th scope="col" className="num">
              {t("runs.columns.id")}
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow key={run.runId} run={run} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RunRow({ run }: { run: Run }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const isManual = run.trigger === "manual";
  const Trigger = isManual ? IconHandClick : IconCalendarEvent;
  return (
    <tr>
      <td className={classes.state}>
        <RunStateBadge state={run.state} />
      </td>
      <td className={classes.job}>
        <Link
          to="/runs/$runId"
          params={{ runId: String(run.runId) }}
          className="row-link truncate"
          title={run.jobName}
        >
          {run.jobName}
        </Link>
        <RunNote run={run} />
      </td>
      <td className={classes.when}>
        <RelativeTime at={run.dueAt ?? run.queuedAt} />
      </td>
      <td className="num">
        {isActive(run) && run.startedAt ? (
          <ElapsedTime since={run.startedAt} />
        ) : run.durationMs === null ? (
          "–"
        ) : (
          formats.duration(run.durationMs)
        )}
      </td>
      <td className="num">{run.rows === null ? "–" : formats.number(run.rows)}</td>
      <td className="num">{run.sizeBytes === null ? "–" : formats.bytes(run.sizeBytes)}</td>
      <td className={classes.trigger}>
        <span title={run.requestedBy ?? undefined}>
          <Trigger size={14} aria-hidden />
          {isManual && run.requestedBy ? run.requestedBy : t(`triggers.${run.trigger}`)}
        </span>
      </td>
      <td className={`num ${classes.id ?? ""}`}>
        <Link to="/runs/$runId" params={{ runId: String(run.runId) }} tabIndex={-1}>
          {run.runId}
        </Link>
      </td>
    </tr>
  );
}

/** Why a run is as it is, in one line. */
function RunNote({ run }: { run: Run }) {
  const problemText = useProblemText();
  const reason = useReason()(run.reason);
  const waitingFor = useWaitingFor()(run.waitingFor);
  const fault =
    run.errorCode === null ? null : problemText.ofCode(run.errorCode, run.errorMessage ?? "").title;
  const words = run.state === "queued" ? (waitingFor ?? fault ?? reason) : (fault ?? reason);
  const note = words !== null && run.holiday !== null ? `${words} · ${run.holiday}` : words;
  if (run.state === "succeeded" && run.warning !== null) {
    return (
      <Text size="xs" c="var(--asql-warn)" className="truncate" title={run.warning}>
        <IconAlertTriangle size={12} aria-hidden /> {run.warning}
      </Text>
    );
  }
  if (note === null || run.state === "succeeded") return null;
  return (
    <Text size="xs" c="dimmed" className="truncate" title={run.errorMessage ?? note}>
      {note}
    </Text>
  );
}
