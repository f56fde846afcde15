import { Button } from "@mantine/core";
import { IconFilterOff, IconPlayerPlay } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { isActive, runsQuery } from "@/api/runs";
import { useNow } from "@/ui/clock";
import { EmptyState } from "@/ui/empty-state";
import { ErrorPanel } from "@/ui/error-panel";
import { useFastInterval, useInterval } from "@/ui/live";
import { Pager } from "@/ui/pager";
import { TableSkeleton } from "@/ui/table-skeleton";
import { isFiltered, PAGE_SIZE, toServerFilter, type RunListFilter } from "./run-filter";
import { RunFilters } from "./run-filters";
import { RunTable } from "./run-table";

interface RunListProps {
  filter: RunListFilter;
  onChange: (change: Partial<RunListFilter>) => void;
}

export function RunList({ filter, onChange }: RunListProps) {
  const now = useNow(60);
  const fast = useFastInterval(3000);
  const slow = useInterval(5000);
  const runs = useQuery({
    ...runsQuery(toServerFilter(filter, now)),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.items.some(isActive) === true ? fast : slow),
  });
  return (
    <div className="panel">
      <RunFilters filter={filter} onChange={(change) => onChange({ ...change, page: 1 })} />
      {runs.data === undefined && runs.isError && (
        <ErrorPanel error={runs.error} onRetry={runs.refetch} />
      )}
      {runs.data === undefined && !runs.isError && <TableSkeleton rows={8} />}
      {runs.data?.items.length === 0 && <NoRuns isFiltered={isFiltered(filter)} />}
      {runs.data !== undefined && runs.data.items.length > 0 && (
        <>
          <RunTable runs={runs.data.items} />
          <Pager
            page={filter.page}
            size={PAGE_SIZE}
            total={runs.data.total}
            onPage={(page) => onChange({ page })}
          />
        </>
      )}
    </div>
  );
}

function NoRuns({ isFiltered: hasFilter }: { isFiltered: boolean }) {
  const { t } = useTranslation();
  if (hasFilter) {
    return (
      <EmptyState icon={IconFilterOff} title={t("table.noMatch")} help={t("table.noMatchHelp")} />
    );
  }
  return (
    <EmptyState
      icon={IconPlayerPlay}
      title={t("runs.empty")}
      help={t("runs.emptyHelp")}
      action={
        <Button variant="default" renderRoot={(props) => <Link to="/jobs" {...props} />}>
          {t("datasets.toJobs")}
        </Button>
      }
    />
  );
}
