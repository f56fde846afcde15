import { Button, Group, Text, VisuallyHidden } from "@mantine/core";
import { IconBan, IconCircleCheck, IconClockX, IconZzz, type Icon } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { ApiKey } from "@/api/api-keys";
import { useFormats } from "@/i18n/use-formats";
import { RelativeTime } from "@/ui/relative-time";
import { Tag } from "@/ui/tag";

type Status = "valid" | "revoked" | "expired";

const LOOKS: Record<Status, { tone: "good" | "quiet" | "warn"; icon: Icon }> = {
  valid: { tone: "good", icon: IconCircleCheck },
  revoked: { tone: "quiet", icon: IconBan },
  expired: { tone: "warn", icon: IconClockX },
};

export function statusOf(key: ApiKey, now: Date): Status {
  if (key.revokedAt !== null) return "revoked";
  return key.expiresAt !== null && key.expiresAt <= now ? "expired" : "valid";
}

interface ApiKeyTableProps {
  keys: ApiKey[];
  now: Date;
  onEdit: (key: ApiKey) => void;
  onRevoke: (key: ApiKey) => void;
}

export function ApiKeyTable({ keys, now, onEdit, onRevoke }: ApiKeyTableProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t("keys.name")}</th>
          <th scope="col">{t("keys.status")}</th>
          <th scope="col">{t("keys.prefix")}</th>
          <th scope="col">{t("keys.scope")}</th>
          <th scope="col">{t("keys.created")}</th>
          <th scope="col">{t("keys.expires")}</th>
          <th scope="col">{t("keys.lastUsed")}</th>
          <th scope="col">
            <VisuallyHidden>{t("table.actions")}</VisuallyHidden>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => {
          const status = statusOf(key, now);
          return (
            <tr key={key.apiKeyId}>
              <td style={{ fontWeight: 500 }}>{key.name}</td>
              <td>
                <Tag tone={LOOKS[status].tone} icon={LOOKS[status].icon}>
                  {t(`keys.${status}`)}
                </Tag>
              </td>
              <td className="mono">asql_{key.prefix}_…</td>
              <td>
                <Scope apiKey={key} />
              </td>
              <td style={{ whiteSpace: "nowrap" }}>
                <RelativeTime at={key.createdAt} />{" "}
                {key.createdBy !== null && (
                  <Text span size="xs" c="dimmed">
                    {t("keys.by", { name: key.createdBy })}
                  </Text>
                )}
              </td>
              <td>
                {key.expiresAt === null ? t("keys.expiresNever") : formats.date(key.expiresAt)}
              </td>
              <td>
                {key.lastUsedAt === null ? t("values.never") : <RelativeTime at={key.lastUsedAt} />}
                {key.isUnused === true && status === "valid" && (
                  <Tag tone="warn" icon={IconZzz} title={t("keys.unusedHelp")}>
                    {t("keys.unused")}
                  </Tag>
                )}
                {key.lastAddress !== null && (
                  <Text
                    size="xs"
                    c="dimmed"
                    title={key.lastUserAgent ?? undefined}
                    maw={220}
                    truncate
                  >
                    {key.lastAddress} {key.lastUserAgent}
                  </Text>
                )}
              </td>
              <td className="num">
                {status !== "revoked" && (
                  <Group gap={4} wrap="nowrap" justify="flex-end">
                    <Button
                      size="compact-xs"
                      variant="default"
                      aria-label={`${t("actions.edit")}: ${key.name}`}
                      onClick={() => onEdit(key)}
                    >
                      {t("actions.edit")}
                    </Button>
                    <Button
                      size="compact-xs"
                      variant="default"
                      aria-label={`${t("keys.revoke")}: ${key.name}`}
                      onClick={() => onRevoke(key)}
                    >
                      {t("keys.revoke")}
                    </Button>
                  </Group>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** What a key opens, from where and how often. */
function Scope({ apiKey }: { apiKey: ApiKey }) {
  const { t } = useTranslation();
  const isEverything = apiKey.datasets.includes("**");
  const limits = [
    apiKey.actions.map((action) => t(`keys.actionNames.${action}`)).join(", "),
    apiKey.networks.length > 0 ? apiKey.networks.join(", ") : null,
    apiKey.ratePerMinute === null ? null : t("keys.perMinute", { n: apiKey.ratePerMinute }),
  ].filter((text) => text !== null);
  return (
    <>
      <Text size="sm">{isEverything ? t("keys.everything") : apiKey.datasets.join(", ")}</Text>
      <Text size="xs" c="dimmed">
        {limits.join(" · ")}
      </Text>
    </>
  );
}
