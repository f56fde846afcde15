import { Group } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { channelsQuery, deleteChannel, recipientsOf, type Channel } from "@/api/channels";
import { useFormats } from "@/i18n/use-formats";
import { EmptyState } from "@/ui/empty-state";
import { useInterval } from "@/ui/live";
import { useManaging } from "@/ui/managing";
import { QueryView } from "@/ui/query-view";
import { RowActions } from "@/ui/row-actions";
import { useMay } from "@/ui/session-context";
import { ChannelForm } from "./channel-form";
import { ChannelTest } from "./channel-test";

/** Ways to people: mail servers, chats, web addresses. */
export function ChannelList() {
  const { t } = useTranslation();
  const mayEdit = useMay("connections.edit");
  const channels = useQuery({ ...channelsQuery, refetchInterval: useInterval(30_000) });
  const { newButton, handlers, dialogs } = useManaging({
    words: "channels",
    mayEdit,
    nameOf: ({ name }: Channel) => name,
    remove: ({ channelId }) => deleteChannel(channelId),
    invalidates: channelsQuery.queryKey,
    form: (channel, onClose) => <ChannelForm channel={channel} onClose={onClose} />,
  });
  return (
    <>
      <QueryView
        query={channels}
        isEmpty={(all) => all.length === 0}
        empty={
          <EmptyState
            icon={IconSend}
            title={t("channels.empty")}
            help={t("channels.emptyHelp")}
            action={newButton}
          />
        }
      >
        {(all) => (
          <>
            {mayEdit && (
              <Group px="md" py="sm" justify="flex-end">
                {newButton}
              </Group>
            )}
            <div className="scroll-x">
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{t("connections.name")}</th>
                    <th scope="col">{t("channels.kind")}</th>
                    <th scope="col">{t("channels.to")}</th>
                    <th scope="col">{t("channels.language")}</th>
                    <th scope="col">{t("table.actions")}</th>
                  </tr>
                </thead>
                <tbody>
                  {all.map((channel) => (
                    <tr key={channel.channelId}>
                      <td style={{ fontWeight: 500 }}>{channel.name}</td>
                      <td>{t(`channels.kinds.${channel.kind}`)}</td>
                      <td style={{ minWidth: 150, overflowWrap: "anywhere" }}>
                        <Place channel={channel} />
                      </td>
                      <td>{t(`channels.languages.${channel.language}`)}</td>
                      <td>
                        {mayEdit && (
                          <Group gap={4} wrap="nowrap" justify="flex-end">
                            <ChannelTest channel={channel} />
                            <RowActions
                              name={channel.name}
                              onEdit={() => handlers.onEdit?.(channel)}
                              onDelete={() => handlers.onDelete?.(channel)}
                            />
                          </Group>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )}
      </QueryView>
      {dialogs}
    </>
  );
}

function Place({ channel }: { channel: Channel }) {
  const formats = useFormats();
  const people = recipientsOf(channel);
  if (people.length > 0) return formats.list(people);
  const { host, url } = channel.options;
  return typeof host === "string" ? host : typeof url === "string" ? url : "–";
}
