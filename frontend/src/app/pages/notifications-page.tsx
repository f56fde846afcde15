import { Tabs } from "@mantine/core";
import { IconBellRinging, IconListCheck, IconSend } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { NotificationsSearch } from "@/app/search";
import { ChannelList } from "@/features/notifications/channel-list";
import { RuleList } from "@/features/notifications/rule-list";
import { SentList } from "@/features/notifications/sent-list";
import { Page } from "@/ui/page";

const route = getRouteApi("/shell/notifications");

export function NotificationsPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = useNavigate();
  const go = (next: NotificationsSearch) =>
    void navigate({ to: "/notifications", search: next, replace: true });
  return (
    <Page title={t("notifications.title")}>
      <Tabs
        className="panel"
        value={search.tab ?? "sent"}
        keepMounted={false}
        onChange={(tab) => go({ tab: tab === "sent" ? undefined : (tab as "rules" | "channels") })}
      >
        <Tabs.List>
          <Tabs.Tab value="sent" leftSection={<IconBellRinging size={14} />}>
            {t("notifications.sent")}
          </Tabs.Tab>
          <Tabs.Tab value="rules" leftSection={<IconListCheck size={14} />}>
            {t("rules.title")}
          </Tabs.Tab>
          <Tabs.Tab value="channels" leftSection={<IconSend size={14} />}>
            {t("channels.title")}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="sent">
          <SentList
            filter={{
              state: search.state ?? null,
              channelId: search.channel ?? null,
              jobId: search.job ?? null,
            }}
            page={search.page ?? 1}
            onFilter={({ state, channelId, jobId }) =>
              go({
                state: state ?? undefined,
                channel: channelId ?? undefined,
                job: jobId ?? undefined,
              })
            }
            onPage={(page) => go({ ...search, page: page === 1 ? undefined : page })}
          />
        </Tabs.Panel>
        <Tabs.Panel value="rules">
          <RuleList jobId={null} />
        </Tabs.Panel>
        <Tabs.Panel value="channels">
          <ChannelList />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
