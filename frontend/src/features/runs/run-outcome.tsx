import { Alert, Code, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconBan, IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { RunDetail } from "@/api/runs";
import { useFormats } from "@/i18n/use-formats";
import { useProblemText } from "@/i18n/use-problem-text";
import { DatabaseCodeHelp } from "@/ui/database-code-help";
import { useReason } from "./use-reason";

/** What became of a run that has ended, in plain words, and what to do about it. */
export function RunOutcome({ run }: { run: RunDetail }) {
  if (run.state === "succeeded") return <Succeeded run={run} />;
  if (run.errorCode === null) return <NotRun run={run} />;
  return <Failed run={run} code={run.errorCode} />;
}

function Succeeded({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const rows = run.rows ?? 0;
  return (
    <Alert
      variant="outline"
      color="green"
      icon={<IconCircleCheck size={18} />}
      title={t("run.published", {
        rows: t("values.rows", { count: rows, n: formats.number(rows) }),
        time: formats.duration(run.durationMs ?? 0),
      })}
      styles={{ title: { color: "var(--asql-good)" } }}
    >
      {run.warning !== null && (
        <Text size="sm">
          <IconAlertTriangle size={14} aria-hidden style={{ verticalAlign: -2 }} />{" "}
          {t("run.warning")}: {run.warning}
        </Text>
      )}
    </Alert>
  );
}

function NotRun({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const reason = useReason()(run.reason) ?? t("reasons.missing");
  return (
    <Alert
      variant="outline"
      color="gray"
      icon={<IconBan size={18} />}
      title={reason}
      styles={{ title: { color: "var(--asql-quiet)" } }}
    >
      {run.holiday !== null && <Text size="sm">{run.holiday}</Text>}
      {run.cancelRequestedBy !== null && (
        <Text size="sm">{t("run.cancelRequestedBy", { name: run.cancelRequestedBy })}</Text>
      )}
    </Alert>
  );
}

function Failed({ run, code }: { run: RunDetail; code: string }) {
  const { t } = useTranslation();
  const text = useProblemText().ofCode(code, run.errorMessage ?? code);
  const reason = useReason()(run.reason);
  const isBad = run.state === "failed";
  return (
    <Alert
      variant="outline"
      color={isBad ? "red" : "gray"}
      icon={<IconCircleX size={18} />}
      title={text.title}
      styles={{ title: { color: isBad ? "var(--asql-bad)" : "var(--asql-quiet)" } }}
    >
      <Stack gap="xs">
        <Text size="sm">
          <strong>{t("run.next")}:</strong> {text.help}
        </Text>
        <DatabaseCodeHelp text={run.errorMessage} />
        {reason !== null && reason !== text.title && <Text size="sm">{reason}</Text>}
        {run.cancelRequestedBy !== null && (
          <Text size="sm">{t("run.cancelRequestedBy", { name: run.cancelRequestedBy })}</Text>
        )}
        {run.errorMessage !== null && text.isTranslated && (
          <Code block style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            {run.errorMessage}
          </Code>
        )}
        <Text size="xs" c="dimmed">
          {t("errorPanel.code")}: <span className="mono">{code}</span>
        </Text>
      </Stack>
    </Alert>
  );
}
