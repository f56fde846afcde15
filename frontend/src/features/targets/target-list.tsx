import { Button, Group, VisuallyHidden } from "@mantine/core";
import { IconPlugConnected, IconTruckDelivery } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { deleteTarget, targetsQuery, testTarget, type Target } from "@/api/targets";
import { useFormats } from "@/i18n/use-formats";
import { useInterval } from "@/ui/live";
import { ManagedPage } from "@/ui/managed-page";
import type { RowHandlers } from "@/ui/managing";
import { RowActions } from "@/ui/row-actions";
import { useMay } from "@/ui/session-context";
import { useAction } from "@/ui/use-action";
import { TargetForm } from "./target-form";

interface TargetListProps {
  q: string;
  onSearch: (q: string) => void;
}

function placeOf({ kind, options }: Target): string {
  const part = (name: string) => (typeof options[name] === "string" ? options[name] : "");
  if (kind === "folder") return part("folder");
  if (kind === "s3") return `${part("endpoint") || part("region")}/${part("bucket")}`;
  return `${part("host")}/${part("folder")}`;
}

/** Places that versions are delivered to, besides the export folder. */
export function TargetList({ q, onSearch }: TargetListProps) {
  return (
    <ManagedPage
      words="targets"
      icon={IconTruckDelivery}
      query={useQuery({ ...targetsQuery, refetchInterval: useInterval(30_000) })}
      mayEdit={useMay("connections.edit")}
      q={q}
      onSearch={onSearch}
      nameOf={({ name }) => name}
      textOf={(one) => `${one.name} ${placeOf(one)}`}
      remove={({ targetId }) => deleteTarget(targetId)}
      invalidates={targetsQuery.queryKey}
      form={(target, onClose) => <TargetForm target={target} onClose={onClose} />}
    >
      {(shown, handlers) => <TargetTable targets={shown} {...handlers} />}
    </ManagedPage>
  );
}

interface TargetTableProps extends RowHandlers<Target> {
  targets: Target[];
}

function TargetTable({ targets, onEdit, onDelete }: TargetTableProps) {
  const { t } = useTranslation();
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t("connections.name")}</th>
          <th scope="col">{t("targets.kind")}</th>
          <th scope="col">{t("targets.place")}</th>
          <th scope="col">
            <VisuallyHidden>{t("table.actions")}</VisuallyHidden>
          </th>
        </tr>
      </thead>
      <tbody>
        {targets.map((target) => (
          <tr key={target.targetId}>
            <td style={{ fontWeight: 500 }}>{target.name}</td>
            <td>{t(`targets.kinds.${target.kind}`)}</td>
            <td className="mono" style={{ minWidth: 180, overflowWrap: "anywhere" }}>
              {placeOf(target)}
            </td>
            <td>
              <Group gap={4} wrap="nowrap" justify="flex-end">
                {onEdit && <TestButton target={target} />}
                <RowActions
                  name={target.name}
                  onEdit={onEdit && (() => onEdit(target))}
                  onDelete={onDelete && (() => onDelete(target))}
                />
              </Group>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function TestButton({ target }: { target: Target }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const test = useAction({
    run: () => testTarget(target.targetId),
    invalidates: [],
    done: ({ elapsedMs, hostKey }) =>
      [t("targets.works", { name: target.name, time: formats.duration(elapsedMs) }), hostKey ?? ""]
        .join(" ")
        .trim(),
  });
  return (
    <Button
      size="compact-xs"
      variant="default"
      leftSection={<IconPlugConnected size={13} />}
      aria-label={`${t("actions.test")}: ${target.name}`}
      loading={test.isPending}
      onClick={() => test.mutate()}
    >
      {t("actions.test")}
    </Button>
  );
}
