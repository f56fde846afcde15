import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Attempt } from "@/api/runs";
import { useFormats } from "@/i18n/use-formats";
import { useProblemText } from "@/i18n/use-problem-text";
import { AbsoluteTime } from "@/ui/relative-time";
import { RunStateBadge } from "@/ui/run-state-badge";
import { Section } from "@/ui/section";
import { useReason } from "./use-reason";

/** Every try of a run, when there was more than one. */
export function RunAttempts({ attempts }: { attempts: Attempt[] }) {
  const { t } = useTranslation();
  return (
    <Section title={t("run.attempts")} isFlush>
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t("runs.columns.attempt")}</th>
              <th scope="col">{t("runs.columns.state")}</th>
              <th scope="col">{t("runs.columns.started")}</th>
              <th scope="col" className="num">
                {t("runs.columns.duration")}
              </th>
              <th scope="col">{t("run.retry")}</th>
              <th scope="col">{t("runs.columns.worker")}</th>
            </tr>
          </thead>
          <tbody>
            {attempts.map((attempt) => (
              <AttemptRow key={attempt.attempt} attempt={attempt} />
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

const CLASSES = ["transient", "permanent", "unknown"] as const;

/** Whether trying again may help, and when it was or will be. */
function RetryCell({ attempt }: { attempt: Attempt }) {
  const { t } = useTranslation();
  const known = CLASSES.find((one) => one === attempt.errorClass);
  if (known === undefined) return "–";
  return (
    <>
      {t(`run.errorClasses.${known}`)}
      {attempt.retryAt !== null && (
        <Text size="xs" c="dimmed">
          {t("run.retryOn")} <AbsoluteTime at={attempt.retryAt} />
        </Text>
      )}
    </>
  );
}

function AttemptRow({ attempt }: { attempt: Attempt }) {
  const formats = useFormats();
  const problemText = useProblemText();
  const reason = useReason()(attempt.reason);
  const fault =
    attempt.errorCode === null
      ? null
      : problemText.ofCode(attempt.errorCode, attempt.errorMessage ?? "").title;
  const { finishedAt, startedAt } = attempt;
  return (
    <tr>
      <td>{attempt.attempt}</td>
      <td>
        <RunStateBadge state={attempt.state} />
        <Text size="xs" c="dimmed" title={attempt.errorMessage ?? undefined}>
          {fault ?? reason}
        </Text>
      </td>
      <td>
        <AbsoluteTime at={startedAt} />
      </td>
      <td className="num">
        {finishedAt === null ? "–" : formats.duration(finishedAt.getTime() - startedAt.getTime())}
      </td>
      <td>
        <RetryCell attempt={attempt} />
      </td>
      <td className="mono">{attempt.workerName}</td>
    </tr>
  );
}
