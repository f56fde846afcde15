import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { versionsQuery, type Dataset, type Version } from "@/api/datasets";
import { runsQuery, type Run } from "@/api/runs";
import { useFormats } from "@/i18n/use-formats";
import { Chart } from "@/ui/chart";
import { ErrorPanel } from "@/ui/error-panel";
import { AbsoluteTime } from "@/ui/relative-time";
import { TableSkeleton } from "@/ui/table-skeleton";

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
      {versions.data && <VersionTable versions={versions.data} current={dataset.versionId} />}
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

function VersionTable({ versions, current }: { versions: Version[]; current: number }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("dataset.columnVersion")}</th>
            <th scope="col">{t("datasets.columns.asOf")}</th>
            <th scope="col" className="num">
              {t("datasets.columns.rows")}
            </th>
            <th scope="col" className="num">
              {t("datasets.columns.size")}
            </th>
            <th scope="col">{t("runs.columns.id")}</th>
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => (
            <tr key={version.versionId}>
              <td>
                {version.versionId}{" "}
                <Text span size="xs" c="dimmed">
                  {version.versionId === current && t("dataset.isCurrent")}
                  {version.removedAt !== null && t("dataset.isRemoved")}
                </Text>
              </td>
              <td>
                <AbsoluteTime at={version.asOf} />
              </td>
              <td className="num">{formats.number(version.rows)}</td>
              <td className="num">{formats.bytes(version.sizeBytes)}</td>
              <td>
                {version.runId === null ? (
                  "–"
                ) : (
                  <Link to="/runs/$runId" params={{ runId: String(version.runId) }}>
                    {version.runId}
                  </Link>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
