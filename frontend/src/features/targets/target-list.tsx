import { Button, Group } from "@mantine/core";
import { IconPlugConnected, IconPlus, IconTruckDelivery } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { deleteTarget, targetsQuery, testTarget, type Target } from "@/api/targets";
import { useFormats } from "@/i18n/use-formats";
import { matches } from "@/lib/text";
import { Confirm } from "@/ui/confirm";
import { EmptyState } from "@/ui/empty-state";
import { ListPanel } from "@/ui/list-panel";
import { useInterval } from "@/ui/live";
import { QueryView } from "@/ui/query-view";
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
  const { t } = useTranslation();
  const mayEdit = useMay("connections.edit");
  const targets = useQuery({ ...targetsQuery, refetchInterval: useInterval(30_000) });
  const [edited, setEdited] = useState<Target | "new" | null>(null);
  const [asked, setAsked] = useState<Target | null>(null);
  const remove = useAction({
    run: (target: Target) => deleteTarget(target.targetId),
    invalidates: [targetsQuery.queryKey],
    done: (_, { name }) => t("targets.deleted", { name }),
  });
  const add = mayEdit && (
    <Button leftSection={<IconPlus size={15} />} onClick={() => setEdited("new")}>
      {t("targets.new")}
    </Button>
  );
  return (
    <>
      <QueryView
        query={targets}
        isEmpty={(all) => all.length === 0}
        empty={
          <div className="panel">
            <EmptyState
              icon={IconTruckDelivery}
              title={t("targets.empty")}
              help={t("targets.emptyHelp")}
              action={add}
            />
          </div>
        }
      >
        {(all) => {
          const shown = all.filter((one) => matches(`${one.name} ${placeOf(one)}`, q));
          return (
            <ListPanel
              q={q}
              searchLabel={t("targets.search")}
              shown={shown.length}
              beside={add}
              onSearch={onSearch}
            >
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{t("connections.name")}</th>
                    <th scope="col">{t("targets.kind")}</th>
                    <th scope="col">{t("targets.place")}</th>
                    <th scope="col">{t("table.actions")}</th>
                  </tr>
                </thead>
                <tbody>
                  {shown.map((target) => (
                    <tr key={target.targetId}>
                      <td style={{ fontWeight: 500 }}>{target.name}</td>
                      <td>{t(`targets.kinds.${target.kind}`)}</td>
                      <td className="mono" style={{ overflowWrap: "anywhere" }}>
                        {placeOf(target)}
                      </td>
                      <td>
                        {mayEdit && (
                          <Group gap={4} wrap="nowrap" justify="flex-end">
                            <TestButton target={target} />
                            <RowActions
                              name={target.name}
                              onEdit={() => setEdited(target)}
                              onDelete={() => setAsked(target)}
                            />
                          </Group>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </ListPanel>
          );
        }}
      </QueryView>
      {edited !== null && (
        <TargetForm target={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      )}
      {asked !== null && (
        <Confirm
          isOpen
          title={t("targets.deleteTitle", { name: asked.name })}
          confirm={t("targets.deleteConfirm")}
          isBusy={remove.isPending}
          onClose={() => setAsked(null)}
          onConfirm={() => remove.mutate(asked, { onSettled: () => setAsked(null) })}
        >
          {t("targets.deleteBody")}
        </Confirm>
      )}
    </>
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
