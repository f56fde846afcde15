import { Alert, Button, Code, Stack, Text } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { MovedTable } from "@/api/job-movement";
import { tryLookUp, type Trial } from "@/api/look-up-trial";
import type { LookUp } from "@/api/lookups";
import { useFormats } from "@/i18n/use-formats";
import { ErrorPanel } from "@/ui/error-panel";

interface LookUpTrialProps {
  table: MovedTable;
  connectionId: number | null;
  lookup: LookUp;
}

/** Asks the service once with the first row, and shows what it says. */
export function LookUpTrial({ table, connectionId, lookup }: LookUpTrialProps) {
  const { t } = useTranslation();
  const trial = useMutation({ mutationFn: () => tryLookUp(connectionId, table, lookup) });
  return (
    <Stack gap="xs" style={{ flex: 1, minWidth: 0 }}>
      <div>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlayerPlay size={14} />}
          loading={trial.isPending}
          onClick={() => trial.mutate()}
        >
          {t("movement.lookupTry")}
        </Button>
      </div>
      {trial.isError && <ErrorPanel error={trial.error} />}
      {trial.data && <TrialResult trial={trial.data} />}
    </Stack>
  );
}

function TrialResult({ trial }: { trial: Trial }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { outcome, value, problem, status, answer } = trial;
  const said =
    outcome === "found"
      ? t("movement.lookupFound", { value })
      : outcome === "absent"
        ? t("movement.lookupAbsent")
        : t("movement.lookupFailed", { problem });
  const values = Object.entries(trial.values).map(([name, text]) => `${name} = ${text}`);
  return (
    <Alert
      role="status"
      variant="outline"
      color={outcome === "failed" ? "red" : outcome === "found" ? "green" : "gray"}
      p="xs"
    >
      <Text size="sm" fw={500} style={{ overflowWrap: "anywhere" }}>
        {said}
      </Text>
      <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {t("movement.lookupTried", {
          values: values.join(", "),
          status: status ?? "–",
          time: formats.duration(trial.durationMs),
        })}
      </Text>
      {answer !== "" && (
        <Code block mt={4} style={{ maxHeight: 120, whiteSpace: "pre-wrap" }}>
          {answer}
        </Code>
      )}
    </Alert>
  );
}
