import { VisuallyHidden } from "@mantine/core";
import { IconDatabase } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { connectionsQuery, deleteConnection, type Connection } from "@/api/connections";
import { jobsQuery } from "@/api/jobs";
import { useFormats } from "@/i18n/use-formats";
import { ManagedPage } from "@/ui/managed-page";
import type { RowHandlers } from "@/ui/managing";
import { RowActions } from "@/ui/row-actions";
import { useMay } from "@/ui/session-context";
import { ConnectionForm } from "./connection-form";
import { ConnectionLimits } from "./connection-limits";
import { addressOf } from "./connection-values";
import { TestButton } from "./test-button";

interface ConnectionListProps {
  q: string;
  onSearch: (q: string) => void;
}

export function ConnectionList({ q, onSearch }: ConnectionListProps) {
  return (
    <ManagedPage
      words="connections"
      icon={IconDatabase}
      query={useQuery(connectionsQuery)}
      mayEdit={useMay("connections.edit")}
      q={q}
      onSearch={onSearch}
      nameOf={({ name }) => name}
      textOf={(one) => `${one.name} ${addressOf(one)}`}
      remove={({ connectionId }) => deleteConnection(connectionId)}
      invalidates={connectionsQuery.queryKey}
      form={(connection, onClose) => <ConnectionForm connection={connection} onClose={onClose} />}
    >
      {(shown, handlers) => <ConnectionTable connections={shown} {...handlers} />}
    </ManagedPage>
  );
}

interface ConnectionTableProps extends RowHandlers<Connection> {
  connections: Connection[];
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
