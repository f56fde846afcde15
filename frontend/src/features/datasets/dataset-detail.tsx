import { Button, Tabs } from "@mantine/core";
import {
  IconDownload,
  IconHistory,
  IconPlugConnected,
  IconTable,
  IconUsers,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { dataPath, datasetsQuery, type Dataset } from "@/api/datasets";
import type { RowView } from "@/api/rows";
import { useFormats } from "@/i18n/use-formats";
import { Crumb } from "@/ui/crumb";
import { ErrorPanel } from "@/ui/error-panel";
import { useInterval } from "@/ui/live";
import { Page } from "@/ui/page";
import { RelativeTime } from "@/ui/relative-time";
import { TableSkeleton } from "@/ui/table-skeleton";
import { ConnectTab } from "./connect-tab";
import { DataTab } from "./data-tab";
import { FreshnessTag } from "./freshness-tag";
import { HistoryTab } from "./history-tab";
import { ReadersTab } from "./readers-tab";

export type DatasetTab = "data" | "connect" | "history" | "readers";

interface DatasetDetailProps {
  name: string;
  tab: DatasetTab;
  onTab: (tab: DatasetTab) => void;
  view: RowView;
  onView: (view: RowView) => void;
}

export function DatasetDetail({ name, tab, onTab, view, onView }: DatasetDetailProps) {
  const { t } = useTranslation();
  const datasets = useQuery({ ...datasetsQuery, refetchInterval: useInterval(5000) });
  const dataset = datasets.data?.find((one) => one.name === name) ?? null;
  const file = name.split("/").at(-1) ?? name;
  return (
    <Page
      title={name}
      above={<Crumb to="/datasets" label={t("datasets.title")} />}
      subtitle={dataset && <Subtitle dataset={dataset} />}
      actions={
        <>
          <Download href={`${dataPath(name)}?format=csv`} file={`${file}.csv`}>
            {t("dataset.downloadCsv")}
          </Download>
          <Download href={dataPath(name)} file={`${file}.json`}>
            {t("dataset.downloadJson")}
          </Download>
        </>
      }
    >
      {datasets.data === undefined && datasets.isError && (
        <ErrorPanel error={datasets.error} onRetry={datasets.refetch} />
      )}
      {datasets.data === undefined && !datasets.isError && (
        <div className="panel">
          <TableSkeleton rows={10} />
        </div>
      )}
      {datasets.data !== undefined && (
        <Tabs
          className="panel"
          value={tab}
          keepMounted={false}
          onChange={(next) => onTab((next ?? "data") as DatasetTab)}
        >
          <Tabs.List>
            <Tabs.Tab value="data" leftSection={<IconTable size={14} />}>
              {t("dataset.data")}
            </Tabs.Tab>
            <Tabs.Tab value="connect" leftSection={<IconPlugConnected size={14} />}>
              {t("dataset.connect")}
            </Tabs.Tab>
            {dataset && (
              <Tabs.Tab value="history" leftSection={<IconHistory size={14} />}>
                {t("dataset.history")}
              </Tabs.Tab>
            )}
            {dataset && (
              <Tabs.Tab value="readers" leftSection={<IconUsers size={14} />}>
                {t("dataset.readers.tab")}
              </Tabs.Tab>
            )}
          </Tabs.List>
          <Tabs.Panel value="data">
            <DataTab name={name} dataset={dataset} view={view} onView={onView} />
          </Tabs.Panel>
          <Tabs.Panel value="connect">
            <ConnectTab name={name} />
          </Tabs.Panel>
          <Tabs.Panel value="readers">{dataset && <ReadersTab dataset={dataset} />}</Tabs.Panel>
          <Tabs.Panel value="history">{dataset && <HistoryTab dataset={dataset} />}</Tabs.Panel>
        </Tabs>
      )}
    </Page>
  );
}

interface DownloadProps {
  href: string;
  file: string;
  children: string;
}

function Download({ href, file, children }: DownloadProps) {
  const { t } = useTranslation();
  return (
    <Button
      variant="default"
      component="a"
      href={href}
      download={file}
      aria-label={`${t("actions.download")} ${children}`}
      leftSection={<IconDownload size={15} />}
    >
      {children}
    </Button>
  );
}

function Subtitle({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <>
      {dataset.freshness !== null && (
        <>
          <FreshnessTag freshness={dataset.freshness} />{" "}
        </>
      )}
      {t("values.asOf")} <RelativeTime at={dataset.asOf} /> ·{" "}
      {t("dataset.rowsTotal", { n: formats.number(dataset.rows) })} ·{" "}
      {t("dataset.columnsTotal", { n: formats.number(dataset.columns.length) })} ·{" "}
      {formats.bytes(dataset.sizeBytes)}
      {dataset.jobId !== null && (
        <>
          {" · "}
          <Link to="/jobs/$jobId" params={{ jobId: String(dataset.jobId) }}>
            {dataset.jobName}
          </Link>
        </>
      )}
    </>
  );
}
