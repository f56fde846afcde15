import { Button, Group, Switch, Text } from "@mantine/core";
import { IconFilterOff, IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { datasetNamesQuery, datasetsQuery } from "@/api/datasets";
import { jobsQuery } from "@/api/jobs";
import { useFormats } from "@/i18n/use-formats";
import { matches } from "@/lib/text";
import { EmptyState } from "@/ui/empty-state";
import { ErrorPanel } from "@/ui/error-panel";
import { useInterval } from "@/ui/live";
import { SearchInput } from "@/ui/search-input";
import type { Sort } from "@/ui/sort-head";
import { TableSkeleton } from "@/ui/table-skeleton";
import { entriesOf, sortEntries, type DatasetSortKey } from "./dataset-entries";
import { DatasetTable } from "./dataset-table";

interface DatasetListProps {
  q: string;
  isUnused: boolean;
  sort: Sort<DatasetSortKey>;
  onSearch: (q: string) => void;
  onUnused: (isUnused: boolean) => void;
  onSort: (sort: Sort<DatasetSortKey>) => void;
}

export function DatasetList({ q, isUnused, sort, onSearch, onUnused, onSort }: DatasetListProps) {
  const { t, i18n } = useTranslation();
  const formats = useFormats();
  const interval = useInterval(10_000);
  const datasets = useQuery({ ...datasetsQuery, refetchInterval: interval });
  const names = useQuery({ ...datasetNamesQuery, refetchInterval: interval });
  const jobs = useQuery({ ...jobsQuery, refetchInterval: interval });
  const entries = useMemo(
    () => entriesOf(datasets.data ?? [], names.data ?? [], jobs.data ?? []),
    [datasets.data, names.data, jobs.data],
  );
  const shown = useMemo(
    () =>
      sortEntries(
        entries.filter(
          (entry) =>
            matches(`${entry.name} ${entry.jobName ?? ""}`, q) && (!isUnused || entry.isUnused),
        ),
        sort,
        i18n.language,
      ),
    [entries, q, isUnused, sort, i18n.language],
  );
  if (datasets.data === undefined || names.data === undefined) {
    const error = datasets.error ?? names.error;
    return error === null ? (
      <div className="panel">
        <TableSkeleton />
      </div>
    ) : (
      <ErrorPanel
        error={error}
        onRetry={() => Promise.all([datasets.refetch(), names.refetch()])}
      />
    );
  }
  if (entries.length === 0) {
    return (
      <div className="panel">
        <EmptyState
          icon={IconTable}
          title={t("datasets.empty")}
          help={t("datasets.emptyHelp")}
          action={
            <Button variant="default" renderRoot={(props) => <Link to="/jobs" {...props} />}>
              {t("datasets.toJobs")}
            </Button>
          }
        />
      </div>
    );
  }
  return (
    <div className="panel">
      <Group px="md" py="sm">
        <SearchInput value={q} label={t("datasets.search")} onChange={onSearch} />
        <Switch
          size="xs"
          label={t("datasets.onlyUnused")}
          checked={isUnused}
          onChange={(event) => onUnused(event.currentTarget.checked)}
        />
        <Text size="xs" c="dimmed" ml="auto" aria-live="polite">
          {t("table.total", { count: shown.length, n: formats.number(shown.length) })}
        </Text>
      </Group>
      {shown.length === 0 ? (
        <EmptyState icon={IconFilterOff} title={t("table.noMatch")} help={t("table.noMatchHelp")} />
      ) : (
        <DatasetTable entries={shown} sort={sort} onSort={onSort} />
      )}
    </div>
  );
}
