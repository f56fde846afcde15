import { IconBellRinging, IconFilterOff } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { notificationsQuery } from "@/api/notifications";
import { EmptyState } from "@/ui/empty-state";
import { useInterval } from "@/ui/live";
import { Pager } from "@/ui/pager";
import { QueryView } from "@/ui/query-view";
import { isSentFiltered, SentFilters, type SentFilter } from "./sent-filters";
import { SentHead, SentRow } from "./sent-row";

const PAGE_SIZE = 50;

interface SentListProps {
  filter: SentFilter;
  page: number;
  onFilter: (filter: SentFilter) => void;
  onPage: (page: number) => void;
}

/** What was sent, waits or failed, and sending it again. */
export function SentList({ filter, page, onFilter, onPage }: SentListProps) {
  const { t } = useTranslation();
  const found = useQuery({
    ...notificationsQuery({ ...filter, page, size: PAGE_SIZE }),
    placeholderData: keepPreviousData,
    refetchInterval: useInterval(5000),
  });
  return (
    <>
      <SentFilters filter={filter} onChange={(change) => onFilter({ ...filter, ...change })} />
      <QueryView
        query={found}
        isEmpty={({ items }) => items.length === 0}
        empty={
          isSentFiltered(filter) ? (
            <EmptyState
              icon={IconFilterOff}
              title={t("table.noMatch")}
              help={t("table.noMatchHelp")}
            />
          ) : (
            <EmptyState
              icon={IconBellRinging}
              title={t("notifications.empty")}
              help={t("notifications.emptyHelp")}
            />
          )
        }
      >
        {({ items, total }) => (
          <>
            <div className="scroll-x">
              <table className="table">
                <SentHead />
                <tbody>
                  {items.map((one) => (
                    <SentRow key={one.notificationId} notification={one} />
                  ))}
                </tbody>
              </table>
            </div>
            <Pager page={page} size={PAGE_SIZE} total={total} onPage={onPage} />
          </>
        )}
      </QueryView>
    </>
  );
}
