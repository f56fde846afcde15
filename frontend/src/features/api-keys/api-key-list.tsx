import { Button, Switch } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { apiKeysQuery, revokeApiKey, type ApiKey } from "@/api/api-keys";
import { matches } from "@/lib/text";
import { useNow } from "@/ui/clock";
import { Confirm } from "@/ui/confirm";
import { EmptyState } from "@/ui/empty-state";
import { ListPanel } from "@/ui/list-panel";
import { Page } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { useMay } from "@/ui/session-context";
import { useAction } from "@/ui/use-action";
import { ApiKeyTable, statusOf } from "./api-key-table";
import { EditKey } from "./edit-key";
import { NewKey } from "./new-key";

interface ApiKeyListProps {
  q: string;
  onSearch: (q: string) => void;
}

export function ApiKeyList({ q, onSearch }: ApiKeyListProps) {
  const { t } = useTranslation();
  const now = useNow(60);
  const keys = useQuery(apiKeysQuery);
  const [isCreating, setCreating] = useState(false);
  const [showsOld, setShowsOld] = useState(false);
  const [showsUnused, setShowsUnused] = useState(false);
  const [editing, setEditing] = useState<ApiKey | null>(null);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const revoke = useAction({
    run: (key: ApiKey) => revokeApiKey(key.apiKeyId),
    invalidates: [apiKeysQuery.queryKey],
    done: (_, { name }) => t("keys.revokedToast", { name }),
  });
  const newButton = useMay("keys.manage") && (
    <Button leftSection={<IconPlus size={15} />} onClick={() => setCreating(true)}>
      {t("keys.new")}
    </Button>
  );
  return (
    <Page title={t("keys.title")} subtitle={t("keys.help")} actions={newButton}>
      <QueryView
        query={keys}
        isEmpty={(all) => all.length === 0}
        empty={
          <div className="panel">
            <EmptyState
              icon={IconKey}
              title={t("keys.empty")}
              help={t("keys.emptyHelp")}
              action={newButton}
            />
          </div>
        }
      >
        {(all) => {
          const shown = all.filter(
            (key) =>
              matches(key.name, q) &&
              (showsOld || statusOf(key, now) === "valid") &&
              (!showsUnused || key.isUnused === true),
          );
          return (
            <ListPanel
              q={q}
              searchLabel={t("keys.search")}
              shown={shown.length}
              onSearch={onSearch}
              empty={
                q === "" && !showsUnused ? (
                  <EmptyState icon={IconKey} title={t("keys.noneValid")} action={newButton} />
                ) : undefined
              }
              beside={
                <>
                  <Switch
                    size="xs"
                    label={t("keys.showRevoked")}
                    checked={showsOld}
                    onChange={(event) => setShowsOld(event.currentTarget.checked)}
                  />
                  <Switch
                    size="xs"
                    label={t("keys.showUnused")}
                    checked={showsUnused}
                    onChange={(event) => setShowsUnused(event.currentTarget.checked)}
                  />
                </>
              }
            >
              <ApiKeyTable keys={shown} now={now} onEdit={setEditing} onRevoke={setRevoking} />
            </ListPanel>
          );
        }}
      </QueryView>
      {isCreating && <NewKey onClose={() => setCreating(false)} />}
      {editing && <EditKey apiKey={editing} onClose={() => setEditing(null)} />}
      <Confirm
        isOpen={revoking !== null}
        title={t("keys.revokeTitle", { name: revoking?.name ?? "" })}
        confirm={t("keys.revokeConfirm")}
        isBusy={revoke.isPending}
        onClose={() => setRevoking(null)}
        onConfirm={() => {
          if (revoking) revoke.mutate(revoking, { onSettled: () => setRevoking(null) });
        }}
      >
        {t("keys.revokeBody")}
      </Confirm>
    </Page>
  );
}
