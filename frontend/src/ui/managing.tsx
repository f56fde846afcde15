import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import type { QueryKey } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Confirm } from "./confirm";
import { useAction } from "./use-action";

/** Without them for who may only look. */
export interface RowHandlers<T> {
  onEdit: ((one: T) => void) | undefined;
  onDelete: ((one: T) => void) | undefined;
}

export interface ManagingProps<T> {
  /** Whose words are said: the part of the catalogue with `new`, `deleted` and so on. */
  words: "calendars" | "channels" | "connections" | "parameters" | "targets" | "users";
  mayEdit: boolean;
  nameOf: (one: T) => string;
  remove: (one: T) => Promise<unknown>;
  invalidates: QueryKey;
  /** The dialog for one of the list, or for a new one. */
  form: (one: T | null, onClose: () => void) => ReactNode;
}

interface Managing<T> {
  newButton: ReactNode;
  handlers: RowHandlers<T>;
  /** To stand beside the list. */
  dialogs: ReactNode;
}

/** Things that are made and edited in a dialog, and deleted after a question. */
export function useManaging<T>(props: ManagingProps<T>): Managing<T> {
  const { words, mayEdit, nameOf } = props;
  const { t } = useTranslation();
  const [editing, setEditing] = useState<{ one: T | null } | null>(null);
  const [deleting, setDeleting] = useState<T | null>(null);
  const remove = useAction({
    run: props.remove,
    invalidates: [props.invalidates],
    done: (_, one) => t(`${words}.deleted`, { name: nameOf(one) }),
  });
  return {
    newButton: mayEdit && (
      <Button leftSection={<IconPlus size={15} />} onClick={() => setEditing({ one: null })}>
        {t(`${words}.new`)}
      </Button>
    ),
    handlers: {
      onEdit: mayEdit ? (one) => setEditing({ one }) : undefined,
      onDelete: mayEdit ? (one) => setDeleting(one) : undefined,
    },
    dialogs: (
      <>
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
      </>
    ),
  };
}
