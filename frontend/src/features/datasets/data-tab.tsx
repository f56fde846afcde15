import { Button } from "@mantine/core";
import { IconFilterOff, IconTableOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Dataset } from "@/api/datasets";
import { ALL_ROWS, rowPageQuery, type RowView } from "@/api/rows";
import { EmptyState } from "@/ui/empty-state";
import { ErrorPanel } from "@/ui/error-panel";
import { TableSkeleton } from "@/ui/table-skeleton";
import { DataGrid } from "./data-grid";
import { GridBar } from "./grid-bar";
import { gridColumns, type GridColumn } from "./grid-columns";

interface DataTabProps {
  name: string;
  /** Null for a file that no job published. */
  dataset: Dataset | null;
  view: RowView;
  onView: (view: RowView) => void;
}

export function DataTab(props: DataTabProps) {
  const { t } = useTranslation();
  const { name, dataset } = props;
  const first = useQuery(rowPageQuery(name, dataset?.versionId ?? null, ALL_ROWS, 0));
  const columns = useMemo(
    () => gridColumns(dataset?.columns ?? null, first.data?.rows ?? []),
    [dataset?.columns, first.data],
  );
  if (first.data === undefined) {
    return first.isError ? (
      <ErrorPanel error={first.error} onRetry={first.refetch} />
    ) : (
      <TableSkeleton rows={10} />
    );
  }
  // A file from elsewhere is not counted: what one page shows is what can be looked at here.
  const total = first.data.total ?? first.data.rows.length;
  if (total === 0) {
    return (
      <EmptyState icon={IconTableOff} title={t("dataset.empty")} help={t("dataset.emptyHelp")} />
    );
  }
  return <ViewedRows {...props} columns={columns} total={total} />;
}

interface ViewedRowsProps extends DataTabProps {
  columns: GridColumn[];
  total: number;
}

/** The rows of a dataset that has some, narrowed and sorted as the address says. */
function ViewedRows({ name, dataset, view, onView, columns, total }: ViewedRowsProps) {
  const { t } = useTranslation();
  const versionId = dataset?.versionId ?? null;
  const first = useQuery(rowPageQuery(name, versionId, view, 0));
  const isFiltered = view.where !== "";
  const found = first.data === undefined ? null : (first.data.total ?? first.data.rows.length);
  const shown = isFiltered ? found : total;
  return (
    <>
      <GridBar
        view={view}
        onView={onView}
        shown={shown}
        total={dataset === null ? null : dataset.rows}
      />
      {first.isError && first.data === undefined ? (
        <ErrorPanel error={first.error} onRetry={first.refetch} />
      ) : shown === null ? (
        <TableSkeleton rows={10} />
      ) : shown === 0 ? (
        <EmptyState
          icon={IconFilterOff}
          title={t("grid.empty")}
          help={t("grid.emptyHelp")}
          action={
            <Button variant="default" onClick={() => onView({ ...view, where: "" })}>
              {t("grid.clear")}
            </Button>
          }
        />
      ) : (
        <DataGrid
          source={{ name, versionId, view }}
          columns={columns}
          total={shown}
          onView={onView}
        />
      )}
    </>
  );
}
