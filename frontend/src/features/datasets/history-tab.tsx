import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Dataset } from "@/api/datasets";
import { runsQuery, type Run } from "@/api/runs";
import { versionsQuery } from "@/api/versions";
import { Chart } from "@/ui/chart";
import { ErrorPanel } from "@/ui/error-panel";
import { TableSkeleton } from "@/ui/table-skeleton";
import { Versions } from "./versions";

/** How the dataset came to be: rows and duration over time, and its versions. */
export function HistoryTab({ dataset }: { dataset: Dataset }) {
  const versions = useQuery(versionsQuery(dataset.datasetId));
  return (
    <Stack gap="lg" py="md">
      {dataset.jobId !== null && <Charts jobId={dataset.jobId} />}
      {versions.data === undefined && versions.isError && (
        <ErrorPanel error={versions.error} onRetry={versions.refetch} />
      )}
      {versions.data === undefined && !versions.isError && <TableSkeleton rows={4} />}
      {versions.data && <Versions name={dataset.name} versions={versions.data} />}
    </Stack>
  );
}

function Charts({ jobId }: { jobId: number }) {
  const { t } = useTranslation();
  const runs = useQuery(runsQuery({ jobId, states: ["succeeded"], page: 1, size: 100 }));
  const items = runs.data?.items;
  const series = useMemo(() => {
    const done = [...(items ?? [])].reverse().filter((run) => run.finishedAt !== null);
    const points = (value: (run: Run) => number) =>
      done.map((run) => ({ at: run.finishedAt ?? run.queuedAt, value: value(run) }));
    return {
      rows: points((run) => run.rows ?? 0),
      seconds: points((run) => (run.durationMs ?? 0) / 1000),
    };
  }, [items]);
  if (series.rows.length < 2) {
    return (
      <Text size="sm" c="dimmed" px="md">
        {t("dataset.chartNone")}
      </Text>
    );
  }
  return (
    <Stack gap="sm" px="md">
      <Text size="xs" fw={600}>
        {t("dataset.chartRows")}
      </Text>
      <Chart label={t("dataset.chartRows")} points={series.rows} />
      <Text size="xs" fw={600}>
        {t("dataset.chartDuration")}
      </Text>
      <Chart label={t("dataset.chartDuration")} points={series.seconds} />
    </Stack>
  );
}
