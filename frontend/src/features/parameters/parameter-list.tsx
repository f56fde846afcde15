import { Text, VisuallyHidden } from "@mantine/core";
import { IconVariable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { deleteParameter, parametersQuery, type Parameter } from "@/api/parameters";
import { ManagedPage } from "@/ui/managed-page";
import type { RowHandlers } from "@/ui/managing";
import { RowActions } from "@/ui/row-actions";
import { useMay } from "@/ui/session-context";
import { ParameterForm } from "./parameter-form";

interface ParameterListProps {
  q: string;
  onSearch: (q: string) => void;
}

export function ParameterList({ q, onSearch }: ParameterListProps) {
  return (
    <ManagedPage
      words="parameters"
      icon={IconVariable}
      query={useQuery(parametersQuery)}
      mayEdit={useMay("parameters.edit")}
      q={q}
      onSearch={onSearch}
      nameOf={({ name }) => name}
      remove={({ parameterId }) => deleteParameter(parameterId)}
      invalidates={parametersQuery.queryKey}
      form={(parameter, onClose) => <ParameterForm parameter={parameter} onClose={onClose} />}
    >
      {(shown, handlers) => <ParameterTable parameters={shown} {...handlers} />}
    </ManagedPage>
  );
}

interface ParameterTableProps extends RowHandlers<Parameter> {
  parameters: Parameter[];
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
