import { Button, Switch } from "@mantine/core";
import { IconDownload, IconFileText, IconFilterOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { logsQuery } from "@/api/logs";
import { useFormats } from "@/i18n/use-formats";
import { EmptyState } from "@/ui/empty-state";
import { Page } from "@/ui/page";
import { Pager } from "@/ui/pager";
import { QueryView } from "@/ui/query-view";
import { useAction } from "@/ui/use-action";
import { EXPORT_LIMIT, readAll, saveFile, toCsv } from "./export-logs";
import { isFiltered, PAGE_SIZE, toServerFilter, type LogListFilter } from "./log-filter";
import { LogFilters } from "./log-filters";
import { LogTable } from "./log-table";

interface LogListProps {
  filter: LogListFilter;
  onChange: (change: Partial<LogListFilter>) => void;
}

const TAIL_MS = 2000;

export function LogList({ filter, onChange }: LogListProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [isTailing, setTailing] = useState(false);
  const logs = useQuery({
    ...logsQuery(toServerFilter(filter)),
    refetchInterval: isTailing ? TAIL_MS : false,
  });
  const save = useAction({
    run: () => readAll(filter),
    invalidates: [],
    done: ({ records, total }) => {
      const n = formats.number(records.length);
      return records.length < total
        ? t("logs.exportCut", { n, total: formats.number(total) })
        : t("logs.exported", { count: records.length, n });
    },
    onDone: ({ records }) => saveFile("logs.csv", toCsv(records)),
  });
  return (
    <Page
      title={t("logs.title")}
      actions={
        <>
          <Switch
            size="sm"
            label={t("logs.tail")}
            checked={isTailing}
            onChange={(event) => {
              setTailing(event.currentTarget.checked);
              onChange({ page: 1 });
            }}
          />
          <Button
            variant="default"
            leftSection={<IconDownload size={15} />}
            title={t("logs.exportHelp", { n: formats.number(EXPORT_LIMIT) })}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            {t("logs.export")}
          </Button>
        </>
      }
    >
      <div className="panel">
        <LogFilters filter={filter} onChange={(change) => onChange({ ...change, page: 1 })} />
        <QueryView
          query={logs}
          skeletonRows={10}
          isEmpty={({ items }) => items.length === 0}
          empty={
            isFiltered(filter) ? (
              <EmptyState
                icon={IconFilterOff}
                title={t("table.noMatch")}
                help={t("table.noMatchHelp")}
              />
            ) : (
              <EmptyState icon={IconFileText} title={t("logs.empty")} help={t("logs.emptyHelp")} />
            )
          }
        >
          {({ items, total }) => (
            <>
              <LogTable records={items} />
              <Pager
                page={filter.page}
                size={PAGE_SIZE}
                total={total}
                onPage={(page) => onChange({ page })}
              />
            </>
          )}
        </QueryView>
      </div>
    </Page>
  );
}
