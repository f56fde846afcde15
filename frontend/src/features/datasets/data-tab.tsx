import { IconTableOff } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { PAGE_ROWS, type Dataset } from "@/api/datasets";
import { EmptyState } from "@/ui/empty-state";
import { ErrorPanel } from "@/ui/error-panel";
import { TableSkeleton } from "@/ui/table-skeleton";
import { DataGrid } from "./data-grid";
import { gridColumns } from "./grid-columns";
import { useFirstPage } from "./use-rows";

interface DataTabProps {
  name: string;
  /** Null for a file that no job published. */
  dataset: Dataset | null;
}

export function DataTab({ name, dataset }: DataTabProps) {
  const { t } = useTranslation();
  const versionId = dataset?.versionId ?? null;
  const first = useFirstPage(name, versionId, true);
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
  const seen = first.data.rows.length;
  // A file from elsewhere is not counted: what one page shows is what can be looked at here.
  const total = first.data.total ?? seen;
  if (total === 0 && seen < PAGE_ROWS) {
    return (
      <EmptyState icon={IconTableOff} title={t("dataset.empty")} help={t("dataset.emptyHelp")} />
    );
  }
  return <DataGrid name={name} versionId={versionId} columns={columns} total={total} />;
}
