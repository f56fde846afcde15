import type { Icon } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { matches } from "@/lib/text";
import { EmptyState } from "./empty-state";
import { ListPanel } from "./list-panel";
import { useManaging, type ManagingProps, type RowHandlers } from "./managing";
import { Page } from "./page";
import { QueryView } from "./query-view";

interface ManagedPageProps<T> extends ManagingProps<T> {
  words: "calendars" | "connections" | "parameters" | "targets" | "users";
  icon: Icon;
  query: UseQueryResult<T[]>;
  q: string;
  onSearch: (q: string) => void;
  /** What a search looks into; the name when left out. */
  textOf?: (one: T) => string;
  /** The table of those that are shown. */
  children: (shown: T[], handlers: RowHandlers<T>) => ReactNode;
}

/** A page of things that are made, searched, edited in a dialog and deleted after a question. */
export function ManagedPage<T>(props: ManagedPageProps<T>) {
  const { words, textOf = props.nameOf } = props;
  const { t } = useTranslation();
  const { newButton, handlers, dialogs } = useManaging(props);
  return (
    <Page title={t(`${words}.title`)} actions={newButton}>
      <QueryView
        query={props.query}
        isEmpty={(all) => all.length === 0}
        empty={
          <div className="panel">
            <EmptyState
              icon={props.icon}
              title={t(`${words}.empty`)}
              help={t(`${words}.emptyHelp`)}
              action={newButton}
            />
          </div>
        }
      >
        {(all) => {
          const shown = all.filter((one) => matches(textOf(one), props.q));
          return (
            <ListPanel
              q={props.q}
              searchLabel={t(`${words}.search`)}
              shown={shown.length}
              onSearch={props.onSearch}
            >
              {props.children(shown, handlers)}
            </ListPanel>
          );
        }}
      </QueryView>
      {dialogs}
    </Page>
  );
}
