import { Button } from "@mantine/core";
import { IconPlus, type Icon } from "@tabler/icons-react";
import type { QueryKey, UseQueryResult } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { matches } from "@/lib/text";
import { Confirm } from "./confirm";
import { EmptyState } from "./empty-state";
import { ListPanel } from "./list-panel";
import { Page } from "./page";
import { QueryView } from "./query-view";
import { useAction } from "./use-action";

interface RowHandlers<T> {
  onEdit: ((one: T) => void) | undefined;
  onDelete: ((one: T) => void) | undefined;
}

interface ManagedPageProps<T> {
  /** Whose words are said: the part of the catalogue with `title`, `new`, `empty` and so on. */
  words: "calendars" | "connections" | "parameters" | "users";
  icon: Icon;
  query: UseQueryResult<T[]>;
  mayEdit: boolean;
  q: string;
  onSearch: (q: string) => void;
  nameOf: (one: T) => string;
  /** What a search looks into; the name when left out. */
  textOf?: (one: T) => string;
  remove: (one: T) => Promise<unknown>;
  invalidates: QueryKey;
  /** The dialog for one of the list, or for a new one. */
  form: (one: T | null, onClose: () => void) => ReactNode;
  /** The table of those that are shown; without handlers for who may only look. */
  children: (shown: T[], handlers: RowHandlers<T>) => ReactNode;
}

/** A page of things that are made, searched, edited in a dialog and deleted after a question. */
export function ManagedPage<T>(props: ManagedPageProps<T>) {
  const { words, mayEdit, nameOf, textOf = nameOf } = props;
  const { t } = useTranslation();
  const [editing, setEditing] = useState<{ one: T | null } | null>(null);
  const [deleting, setDeleting] = useState<T | null>(null);
  const remove = useAction({
    run: props.remove,
    invalidates: [props.invalidates],
    done: (_, one) => t(`${words}.deleted`, { name: nameOf(one) }),
  });
  const newButton = mayEdit && (
    <Button leftSection={<IconPlus size={15} />} onClick={() => setEditing({ one: null })}>
      {t(`${words}.new`)}
    </Button>
  );
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
              {props.children(shown, {
                onEdit: mayEdit ? (one) => setEditing({ one }) : undefined,
                onDelete: mayEdit ? (one) => setDeleting(one) : undefined,
              })}
            </ListPanel>
          );
        }}
      </QueryView>
      {editing && props.form(editing.one, () => setEditing(null))}
      <Confirm
        isOpen={deleting !== null}
        title={t(`${words}.deleteTitle`, { name: deleting === null ? "" : nameOf(deleting) })}
        confirm={t(`${words}.deleteConfirm`)}
        isBusy={remove.isPending}
        onClose={() => setDeleting(null)}
        onConfirm={() => {
          if (deleting !== null) remove.mutate(deleting, { onSettled: () => setDeleting(null) });
        }}
      >
        {t(`${words}.deleteBody`)}
      </Confirm>
    </Page>
  );
}
