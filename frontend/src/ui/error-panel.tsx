import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { isProblem, type ApiProblem } from "@/api/problem";
import { useProblemText } from "@/i18n/use-problem-text";
import { DatabaseCodeHelp } from "./database-code-help";

interface ErrorPanelProps {
  error: unknown;
  onRetry?: () => unknown;
}

/** What went wrong in plain words, what to do, and the facts for whoever has to look closer. */
export function ErrorPanel({ error, onRetry }: ErrorPanelProps) {
  const { t } = useTranslation();
  const text = useProblemText().of(error);
  return (
    <Alert
      color="red"
      variant="outline"
      icon={<IconAlertTriangle size={18} />}
      title={text.title}
      styles={{ title: { color: "var(--asql-bad)" } }}
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{text.help}</Text>
        {isProblem(error) && <DatabaseCodeHelp text={error.databaseCode} />}
        {isProblem(error) && <ProblemFacts problem={error} isTranslated={text.isTranslated} />}
        {onRetry && (
          <Button
            variant="default"
            leftSection={<IconRefresh size={14} />}
            onClick={() => void onRetry()}
          >
            {t("actions.retry")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

function ProblemFacts({ problem, isTranslated }: { problem: ApiProblem; isTranslated: boolean }) {
  const { t } = useTranslation();
  const hasMessage = isTranslated && problem.status !== 0;
  return (
    <Stack gap={4} w="100%">
      {hasMessage && (
        <Code block style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {problem.detail}
        </Code>
      )}
      <Group gap="md">
        {problem.line !== null && (
          <Text size="xs">
            {t("errorPanel.position", { line: problem.line, column: problem.column ?? 1 })}
          </Text>
        )}
        {problem.databaseCode !== null && (
          <Text size="xs">
            {t("errorPanel.databaseCode")}: <span className="mono">{problem.databaseCode}</span>
          </Text>
        )}
        {problem.errorId !== null && (
          <Text size="xs">
            {t("errorPanel.number")}: <span className="mono">{problem.errorId}</span>
          </Text>
        )}
        <Text size="xs" c="dimmed">
          {t("errorPanel.code")}: <span className="mono">{problem.code}</span>
        </Text>
      </Group>
    </Stack>
  );
}
