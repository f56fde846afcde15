import { useMediaQuery } from "@mantine/hooks";
import { Group, Text } from "@mantine/core";
import { IconZzz } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/i18n/use-formats";
import { RelativeTime } from "@/ui/relative-time";
import { SortHead, type Sort } from "@/ui/sort-head";
import { Tag } from "@/ui/tag";
import { VirtualRows } from "@/ui/virtual-rows";
import type { DatasetEntry, DatasetSortKey } from "./dataset-entries";
import { FreshnessTag } from "./freshness-tag";

interface DatasetTableProps {
  entries: DatasetEntry[];
  sort: Sort<DatasetSortKey>;
  onSort: (sort: Sort<DatasetSortKey>) => void;
}

export function DatasetTable({ entries, sort, onSort }: DatasetTableProps) {
  const { t } = useTranslation();
  const isNarrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const head = (column: DatasetSortKey, isNumber = false) => (
    <SortHead
      column={column}
      label={t(`datasets.columns.${column}`)}
      sort={sort}
      onSort={onSort}
      isNumber={isNumber}
    />
  );
  if (isNarrow) {
    return (
      <VirtualRows
        items={entries}
        label={t("datasets.title")}
        columns="minmax(0, 1fr) auto"
        minWidth={0}
        rowHeight={64}
        keyOf={(entry) => entry.name}
        head={
          <>
            {head("name")}
            {head("asOf")}
          </>
        }
        row={(entry) => (
          <>
            <div role="cell">
              <DatasetName entry={entry} />
              <UnusedTag entry={entry} />
            </div>
            <div role="cell" className="num">
              <FreshnessTag freshness={entry.freshness} />
              <Text size="xs" c="dimmed">
                {entry.asOf && <RelativeTime at={entry.asOf} />}
              </Text>
            </div>
          </>
        )}
      />
    );
  }
  return (
    <VirtualRows
      items={entries}
      label={t("datasets.title")}
      columns="minmax(220px, 2.4fr) 210px 130px 120px 110px minmax(140px, 1.4fr)"
      minWidth={930}
      rowHeight={44}
      keyOf={(entry) => entry.name}
      head={
        <>
          {head("name")}
          <div role="columnheader">{t("datasets.columns.freshness")}</div>
          {head("asOf")}
          {head("rows", true)}
          {head("size", true)}
          {head("job")}
        </>
      }
      row={(entry) => <WideRow entry={entry} />}
    />
  );
}

function DatasetName({ entry }: { entry: DatasetEntry }) {
  return (
    <Link
      to="/datasets/$"
      params={{ _splat: entry.name }}
      className="row-link truncate"
      title={entry.name}
    >
      {entry.name}
    </Link>
  );
}

/** Reads of the exported file itself are not seen, and the tag says so. */
function UnusedTag({ entry }: { entry: DatasetEntry }) {
  const { t } = useTranslation();
  if (!entry.isUnused) return null;
  return (
    <Tag tone="warn" icon={IconZzz} title={t("datasets.unusedHelp")}>
      {t("datasets.unused")}
    </Tag>
  );
}

function WideRow({ entry }: { entry: DatasetEntry }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <>
      <div role="cell">
        <DatasetName entry={entry} />
      </div>
      <div role="cell">
        <Group gap={4} wrap="nowrap">
          <FreshnessTag freshness={entry.freshness} />
          <UnusedTag entry={entry} />
        </Group>
      </div>
      <div role="cell">{entry.asOf === null ? "–" : <RelativeTime at={entry.asOf} />}</div>
      <div role="cell" className="num">
        {entry.rows === null ? "–" : formats.number(entry.rows)}
      </div>
      <div role="cell" className="num">
        {entry.sizeBytes === null ? "–" : formats.bytes(entry.sizeBytes)}
      </div>
      <div role="cell" className="truncate">
        {entry.jobId === null ? (
          <Text size="xs" c="dimmed" component="span">
            {t("datasets.foreign")}
          </Text>
        ) : (
          <Link
            to="/jobs/$jobId"
            params={{ jobId: String(entry.jobId) }}
            title={entry.jobName ?? undefined}
          >
            {entry.jobName}
          </Link>
        )}
      </div>
    </>
  );
}
