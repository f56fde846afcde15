import { Button, VisuallyHidden } from "@mantine/core";
import { IconDatabase, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { connectionsQuery, deleteConnection, type Connection } from "@/api/connections";
import { jobsQuery } from "@/api/jobs";
import { useFormats } from "@/i18n/use-formats";
import { matches } from "@/lib/text";
import { Confirm } from "@/ui/confirm";
import { EmptyState } from "@/ui/empty-state";
import { ListPanel } from "@/ui/list-panel";
import { Page } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { RowActions } from "@/ui/row-actions";
import { useMay } from "@/ui/session-context";
import { useAction } from "@/ui/use-action";
import { ConnectionForm } from "./connection-form";
import { ConnectionLimits } from "./connection-limits";
import { addressOf } from "./connection-values";
import { TestButton } from "./test-button";

interface ConnectionListProps {
  q: string;
  onSearch: (q: string) => void;
}

/** Which dialog is open: for a new one, for one of the list, or none. */
type Editing = { connection: Connection | null } | null;

export function ConnectionList({ q, onSearch }: ConnectionListProps) {
  const { t } = useTranslation();
  const mayEdit = useMay("connections.edit");
  const connections = useQuery(connectionsQuery);
  const [editing, setEditing] = useState<Editing>(null);
  const [deleting, setDeleting] = useState<Connection | null>(null);
  const remove = useAction({
    run: (one: Connection) => deleteConnection(one.connectionId),
    invalidates: [connectionsQuery.queryKey],
    done: (_, { name }) => t("connections.deleted", { name }),
  });
  const newButton = mayEdit && (
    <Button leftSection={<IconPlus size={15} />} onClick={() => setEditing({ connection: null })}>
      {t("connections.new")}
    </Button>
  );
  return (
    <Page title={t("connections.title")} actions={newButton}>
      <QueryView
        query={connections}
        isEmpty={(all) => all.length === 0}
        empty={
          <div className="panel">
            <EmptyState
              icon={IconDatabase}
              title={t("connections.empty")}
              help={t("connections.emptyHelp")}
              action={newButton}
            />
          </div>
        }
      >
        {(all) => {
          const shown = all.filter((one) => matches(`${one.name} ${addressOf(one)}`, q));
          return (
            <ListPanel
              q={q}
              searchLabel={t("connections.search")}
              shown={shown.length}
              onSearch={onSearch}
            >
              <ConnectionTable
                connections={shown}
                onEdit={mayEdit ? (connection) => setEditing({ connection }) : undefined}
                onDelete={mayEdit ? setDeleting : undefined}
              />
            </ListPanel>
          );
        }}
      </QueryView>
      {editing && (
        <ConnectionForm connection={editing.connection} onClose={() => setEditing(null)} />
      )}
      <Confirm
        isOpen={deleting !== null}
        title={t("connections.deleteTitle", { name: deleting?.name ?? "" })}
        confirm={t("connections.deleteConfirm")}
        isBusy={remove.isPending}
        onClose={() => setDeleting(null)}
        onConfirm={() => {
          if (deleting) remove.mutate(deleting, { onSettled: () => setDeleting(null) });
        }}
      >
        {t("connections.deleteBody")}
      </Confirm>
    </Page>
  );
}

interface ConnectionTableProps {
  connections: Connection[];
  onEdit: ((connection: Connection) => void) | undefined;
  onDelete: ((connection: Connection) => void) | undefined;
}

function ConnectionTable({ connections, onEdit, onDelete }: ConnectionTableProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const jobs = useQuery(jobsQuery);
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t("connections.columns.name")}</th>
          <th scope="col">{t("connections.columns.kind")}</th>
          <th scope="col">{t("connections.columns.address")}</th>
          <th scope="col">{t("connections.columns.user")}</th>
          <th scope="col" className="num">
            {t("connections.columns.jobs")}
          </th>
          <th scope="col">
            <VisuallyHidden>{t("table.actions")}</VisuallyHidden>
          </th>
        </tr>
      </thead>
      <tbody>
        {connections.map((one) => {
          const used = (jobs.data ?? []).filter((job) => job.connectionId === one.connectionId);
          return (
            <tr key={one.connectionId}>
              <td style={{ fontWeight: 500 }}>
                {one.name}
                <ConnectionLimits connection={one} />
              </td>
              <td>{t(`connections.kinds.${one.kind}`)}</td>
              <td className="mono">
                {one.host === "@embedded" ? t("connections.embedded") : addressOf(one)}
              </td>
              <td className="mono">{one.username}</td>
              <td className="num">
                <Link to="/jobs" search={{ connection: one.name }}>
                  {formats.number(used.length)}
                </Link>
              </td>
              <td>
                <div style={{ display: "flex", gap: 4, justifyContent: "flex-end" }}>
                  {onEdit && one.mayUse && <TestButton connection={one} />}
                  <RowActions
                    name={one.name}
                    onEdit={onEdit && one.mayUse ? () => onEdit(one) : undefined}
                    onDelete={onDelete && one.mayUse ? () => onDelete(one) : undefined}
                  />
                </div>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
