import { Button, Group, Menu, Text } from "@mantine/core";
import { IconBellOff, IconBellPlus, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { connectionsQuery } from "@/api/connections";
import { jobsQuery } from "@/api/jobs";
import { deleteRule, muteRule, rulesQuery, type NotificationRule } from "@/api/notifications";
import { useFormats } from "@/i18n/use-formats";
import { useNow } from "@/ui/clock";
import { EmptyState } from "@/ui/empty-state";
import { useInterval } from "@/ui/live";
import { QueryView } from "@/ui/query-view";
import { RowActions } from "@/ui/row-actions";
import { useMay } from "@/ui/session-context";
import { Tag } from "@/ui/tag";
import { useAction } from "@/ui/use-action";
import { RuleForm } from "./rule-form";
import { useTimingText } from "./use-timing-text";

const MUTES_H = [1, 8, 24, 168] as const;

interface RuleListProps {
  /** Null: rules of every job. */
  jobId: number | null;
}

/** Who is told of what: of one job, or everywhere. */
export function RuleList({ jobId }: RuleListProps) {
  const { t } = useTranslation();
  const mayEdit = useMay("jobs.edit");
  const rules = useQuery({ ...rulesQuery(jobId), refetchInterval: useInterval(30_000) });
  const [edited, setEdited] = useState<NotificationRule | "new" | null>(null);
  const remove = useAction({
    run: (rule: NotificationRule) => deleteRule(rule.ruleId),
    invalidates: [["notification-rules"]],
    done: () => t("rules.deleted"),
  });
  const add = mayEdit && (
    <Button
      variant={jobId === null ? "filled" : "default"}
      leftSection={<IconPlus size={15} />}
      onClick={() => setEdited("new")}
    >
      {t("rules.new")}
    </Button>
  );
  return (
    <>
      <QueryView
        query={rules}
        skeletonRows={2}
        isEmpty={(all) => all.length === 0}
        empty={
          <EmptyState
            icon={IconBellPlus}
            title={t(jobId === null ? "rules.empty" : "rules.emptyOfJob")}
            help={t(jobId === null ? "rules.emptyHelp" : "rules.emptyOfJobHelp")}
            action={add}
          />
        }
      >
        {(all) => (
          <>
            {mayEdit && (
              <Group px="md" py="sm" justify="flex-end">
                {add}
              </Group>
            )}
            <div className="scroll-x">
              <table className="table">
                <thead>
                  <tr>
                    {jobId === null && <th scope="col">{t("rules.scope")}</th>}
                    <th scope="col">{t("rules.topics")}</th>
                    <th scope="col">{t("rules.channel")}</th>
                    <th scope="col">{t("rules.when")}</th>
                    <th scope="col">{t("table.actions")}</th>
                  </tr>
                </thead>
                <tbody>
                  {all.map((rule) => (
                    <RuleRow
                      key={rule.ruleId}
                      rule={rule}
                      hasScope={jobId === null}
                      mayEdit={mayEdit}
                      onEdit={() => setEdited(rule)}
                      onDelete={() => remove.mutate(rule)}
                    />
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )}
      </QueryView>
      {edited !== null && (
        <RuleForm
          rule={edited === "new" ? null : edited}
          jobId={edited === "new" ? jobId : edited.jobId}
          onClose={() => setEdited(null)}
        />
      )}
    </>
  );
}

interface RuleRowProps {
  rule: NotificationRule;
  hasScope: boolean;
  mayEdit: boolean;
  onEdit: () => void;
  onDelete: () => void;
}

function RuleRow({ rule, hasScope, mayEdit, onEdit, onDelete }: RuleRowProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const now = useNow(30);
  const timing = useTimingText();
  const topics = formats.list(rule.topics.map((topic) => t(`rules.topicNames.${topic}`)));
  const isMuted = rule.mutedUntil !== null && rule.mutedUntil > now;
  return (
    <tr>
      {hasScope && (
        <td>
          <Scope rule={rule} />
        </td>
      )}
      <td>{topics}</td>
      <td style={{ minWidth: 150, overflowWrap: "anywhere" }}>
        {rule.channelName}
        {rule.recipients.length > 0 && (
          <Text size="xs" c="dimmed">
            {formats.list(rule.recipients)}
          </Text>
        )}
      </td>
      <td>
        {isMuted && rule.mutedUntil !== null ? (
          <Tag tone="warn" icon={IconBellOff}>
            {t("rules.mutedUntil", { time: formats.dateTime(rule.mutedUntil) })}
          </Tag>
        ) : (
          timing(rule)
        )}
      </td>
      <td>
        {mayEdit && (
          <Group gap={4} wrap="nowrap" justify="flex-end">
            <MuteMenu rule={rule} isMuted={isMuted} />
            <RowActions name={topics} onEdit={onEdit} onDelete={onDelete} />
          </Group>
        )}
      </td>
    </tr>
  );
}

function Scope({ rule }: { rule: NotificationRule }) {
  const { t } = useTranslation();
  const jobs = useQuery({ ...jobsQuery, enabled: rule.jobId !== null });
  const connections = useQuery({ ...connectionsQuery, enabled: rule.connectionId !== null });
  if (rule.jobId !== null) {
    const name = jobs.data?.find(({ jobId }) => jobId === rule.jobId)?.name;
    return (
      <Link to="/jobs/$jobId" params={{ jobId: String(rule.jobId) }}>
        {name ?? String(rule.jobId)}
      </Link>
    );
  }
  if (rule.connectionId === null) return t("rules.allJobs");
  const found = connections.data?.find((one) => one.connectionId === rule.connectionId);
  return t("rules.ofConnection", { name: found?.name ?? String(rule.connectionId) });
}

function MuteMenu({ rule, isMuted }: { rule: NotificationRule; isMuted: boolean }) {
  const { t } = useTranslation();
  const mute = useAction({
    run: (hours: number | null) =>
      muteRule(rule.ruleId, hours === null ? null : new Date(Date.now() + hours * 3_600_000)),
    invalidates: [["notification-rules"]],
    done: (_, hours) => t(hours === null ? "rules.unmuted" : "rules.muted"),
  });
  if (isMuted) {
    return (
      <Button size="compact-xs" variant="default" onClick={() => mute.mutate(null)}>
        {t("rules.unmute")}
      </Button>
    );
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="compact-xs" variant="default" leftSection={<IconBellOff size={13} />}>
          {t("rules.mute")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {MUTES_H.map((hours) => (
          <Menu.Item key={hours} onClick={() => mute.mutate(hours)}>
            {t(`rules.mutes.h${hours}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
