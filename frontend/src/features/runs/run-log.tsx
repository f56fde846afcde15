import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { logsQuery } from "@/api/logs";
import { ErrorPanel } from "@/ui/error-panel";
import { useFastInterval } from "@/ui/live";
import { LogLines } from "@/ui/log-lines";
import { Section } from "@/ui/section";
import { TableSkeleton } from "@/ui/table-skeleton";

interface RunLogProps {
  runId: number;
  isLive: boolean;
}

/** What was logged for this run, oldest first, growing while it works. */
export function RunLog({ runId, isLive }: RunLogProps) {
  const { t } = useTranslation();
  const interval = useFastInterval(2000);
  const logs = useQuery({
    ...logsQuery({ runId, page: 1, size: 200 }),
    // Log records are written in batches; one last look comes after the end.
    refetchInterval: isLive ? interval : 15_000,
  });
  const items = logs.data?.items;
  return (
    <Section
      title={t("run.log")}
      isFlush
      aside={
        <Link to="/logs" search={{ run: runId }} style={{ fontSize: 12 }}>
          {t("run.logAll")}
        </Link>
      }
    >
      {items === undefined && logs.isError && (
        <ErrorPanel error={logs.error} onRetry={logs.refetch} />
      )}
      {items === undefined && !logs.isError && <TableSkeleton rows={3} />}
      {items?.length === 0 && (
        <Text size="sm" c="dimmed" p="md">
          {t("run.logEmpty")}
        </Text>
      )}
      {items !== undefined && items.length > 0 && (
        <LogLines records={[...items].reverse()} label={t("run.log")} />
      )}
    </Section>
  );
}
