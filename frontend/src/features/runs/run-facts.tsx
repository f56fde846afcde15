import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { RunDetail } from "@/api/runs";
import type { Formats } from "@/lib/format";
import { useFormats } from "@/i18n/use-formats";
import { Facts } from "@/ui/facts";
import { Section } from "@/ui/section";

function windowText({ windowStart, windowEnd }: RunDetail, formats: Formats): string | null {
  if (windowStart === null || windowEnd === null) return null;
  return `${formats.day(windowStart)} – ${formats.day(windowEnd)}`;
}

export function RunFacts({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const time = (at: Date | null) =>
    at === null ? null : <time dateTime={at.toISOString()}>{formats.dateTimeZone(at)}</time>;
  return (
    <Section title={t("run.facts")}>
      <Facts
        items={[
          [
            t("runs.columns.job"),
            run.jobId === null ? (
              <span title={t("runs.jobDeleted")}>{run.jobName}</span>
            ) : (
              <Link to="/jobs/$jobId" params={{ jobId: String(run.jobId) }}>
                {run.jobName}
              </Link>
            ),
          ],
          [t("run.trigger"), t(`triggers.${run.trigger}`)],
          [t("run.requestedBy"), run.requestedBy],
          [
            t("run.causedBy"),
            run.causedByRunId === null ? null : (
              <Link to="/runs/$runId" params={{ runId: String(run.causedByRunId) }}>
                {t("run.title", { id: run.causedByRunId })}
              </Link>
            ),
          ],
          [t("run.window"), windowText(run, formats)],
          [t("run.due"), time(run.dueAt)],
          [t("run.queued"), time(run.queuedAt)],
          [t("run.started"), time(run.startedAt)],
          [t("run.finished"), time(run.finishedAt)],
          [t("run.duration"), run.durationMs === null ? null : formats.duration(run.durationMs)],
          [t("run.rows"), run.rows === null ? null : formats.number(run.rows)],
          [t("run.size"), run.sizeBytes === null ? null : formats.bytes(run.sizeBytes)],
          [t("run.attempt"), run.attempt],
          [
            t("run.worker"),
            run.worker === null ? null : <span className="mono">{run.worker}</span>,
          ],
          [t("policy.priority"), run.priority === 0 ? null : run.priority],
          [t("run.version"), run.versionId],
        ]}
      />
    </Section>
  );
}
