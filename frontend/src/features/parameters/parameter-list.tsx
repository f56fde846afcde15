import { Button, Text, VisuallyHidden } from "@mantine/core";
import { IconPlus, IconVariable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { deleteParameter, parametersQuery, type Parameter } from "@/api/parameters";
import { matches } from "@/lib/text";
import { Confirm } from "@/ui/confirm";
import { EmptyState } from "@/ui/empty-state";
import { ListPanel } from "@/ui/list-panel";
import { Page } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { RowActions } from "@/ui/row-actions";
import { useMay } from "@/ui/session-context";
import { useAction } from "@/ui/use-action";
import { ParameterForm } from "./parameter-form";

interface ParameterListProps {
  q: string;
  onSearch: (q: string) => void;
}

export function ParameterList({ q, onSearch }: ParameterListProps) {
  const { t } = useTranslation();
  const mayEdit = useMay("parameters.edit");
  const parameters = useQuery(parametersQuery);
  const [editing, setEditing] = useState<{ parameter: Parameter | null } | null>(null);
  const [deleting, setDeleting] = useState<Parameter | null>(null);
  const remove = useAction({
    run: (one: Parameter) => deleteParameter(one.parameterId),
    invalidates: [parametersQuery.queryKey],
    done: (_, { name }) => t("parameters.deleted", { name }),
  });
  const newButton = mayEdit && (
    <Button leftSection={<IconPlus size={15} />} onClick={() => setEditing({ parameter: null })}>
      {t("parameters.new")}
    </Button>
  );
  return (
    <Page title={t("parameters.title")} actions={newButton}>
      <QueryView
        query={parameters}
        isEmpty={(all) => all.length === 0}
        empty={
          <div className="panel">
            <EmptyState
              icon={IconVariable}
              title={t("parameters.empty")}
              help={t("parameters.emptyHelp")}
              action={newButton}
            />
          </div>
        }
      >
        {(all) => {
          const shown = all.filter((one) => matches(one.name, q));
          return (
            <ListPanel
              q={q}
              searchLabel={t("parameters.search")}
              shown={shown.length}
              onSearch={onSearch}
            >
              <ParameterTable
                parameters={shown}
                onEdit={mayEdit ? (parameter) => setEditing({ parameter }) : undefined}
                onDelete={mayEdit ? setDeleting : undefined}
              />
            </ListPanel>
          );
        }}
      </QueryView>
      {editing && <ParameterForm parameter={editing.parameter} onClose={() => setEditing(null)} />}
      <Confirm
        isOpen={deleting !== null}
        title={t("parameters.deleteTitle", { name: deleting?.name ?? "" })}
        confirm={t("parameters.deleteConfirm")}
        isBusy={remove.isPending}
        onClose={() => setDeleting(null)}
        onConfirm={() => {
          if (deleting) remove.mutate(deleting, { onSettled: () => setDeleting(null) });
        }}
      >
        {t("parameters.deleteBody")}
      </Confirm>
    </Page>
  );
}

interface ParameterTableProps {
  parameters: Parameter[];
  onEdit: ((parameter: Parameter) => void) | undefined;
  onDelete: ((parameter: Parameter) => void) | undefined;
}

function ParameterTable({ parameters, onEdit, onDelete }: ParameterTableProps) {
  const { t } = useTranslation();
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t("parameters.name")}</th>
          <th scope="col">{t("parameters.sql")}</th>
          <th scope="col">
            <VisuallyHidden>{t("table.actions")}</VisuallyHidden>
          </th>
        </tr>
      </thead>
      <tbody>
        {parameters.map((one) => (
          <tr key={one.parameterId}>
            <td style={{ fontWeight: 500, whiteSpace: "nowrap" }}>{one.name}</td>
            <td style={{ maxWidth: 0, width: "70%" }}>
              {one.sql === null ? (
                <Text size="xs" c="dimmed">
                  {t("parameters.hidden")}
                </Text>
              ) : (
                <span className="mono truncate" title={one.sql}>
                  {one.sql}
                </span>
              )}
            </td>
            <td>
              <RowActions
                name={one.name}
                onEdit={onEdit && (() => onEdit(one))}
                onDelete={onDelete && (() => onDelete(one))}
              />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
