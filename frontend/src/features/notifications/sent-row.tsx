import { Button, Text } from "@mantine/core";
import {
  IconBellOff,
  IconCircleCheck,
  IconCircleX,
  IconClockPause,
  IconLoader2,
  type Icon,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Notification, NotificationItem, NotificationState } from "@/api/notifications";
import { useFormats } from "@/i18n/use-formats";
import { useProblemText } from "@/i18n/use-problem-text";
import { AbsoluteTime } from "@/ui/relative-time";
import { useMay } from "@/ui/session-context";
import { Tag } from "@/ui/tag";
import { useSendAgain } from "./use-send-again";

const NAMED = 3;
const LOOKS: Record<
  NotificationState,
  { tone: "good" | "bad" | "busy" | "wait" | "quiet"; icon: Icon }
> = {
  waiting: { tone: "wait", icon: IconClockPause },
  sending: { tone: "busy", icon: IconLoader2 },
  sent: { tone: "good", icon: IconCircleCheck },
  failed: { tone: "bad", icon: IconCircleX },
  muted: { tone: "quiet", icon: IconBellOff },
};

/** The head of a table of these rows. */
export function SentHead() {
  const { t } = useTranslation();
  return (
    <thead>
      <tr>
        <th scope="col">{t("notifications.state")}</th>
        <th scope="col">{t("notifications.about")}</th>
        <th scope="col">{t("rules.channel")}</th>
        <th scope="col">{t("notifications.time")}</th>
        <th scope="col">{t("table.actions")}</th>
      </tr>
    </thead>
  );
}

/** One message: what became of it, about what, to whom, when, and the way to send it again. */
export function SentRow({ notification }: { notification: Notification }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const problemText = useProblemText();
  const mayEdit = useMay("runs.control");
  const { state, attempt, errorCode, errorMessage, items, recipients } = notification;
  const again = useSendAgain();
  const left = items.length - NAMED;
  return (
    <tr>
      <td>
        <Tag tone={LOOKS[state].tone} icon={LOOKS[state].icon}>
          {t(`notifications.states.${state}`)}
        </Tag>
        {errorCode !== null && (
          <>
            <Text size="xs" c="dimmed">
              {problemText.ofCode(errorCode, errorMessage ?? errorCode).title}
            </Text>
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }} maw={420}>
              {errorMessage}
            </Text>
          </>
        )}
        {attempt > 1 && (
          <Text size="xs" c="dimmed">
            {t("notifications.tries", { n: formats.number(attempt) })}
          </Text>
        )}
      </td>
      <td>
        {items.slice(0, NAMED).map((item, place) => (
          <About key={place} item={item} />
        ))}
        {left > 0 && (
          <Text size="xs" c="dimmed">
            {t("notifications.more", { n: formats.number(left) })}
          </Text>
        )}
      </td>
      <td style={{ minWidth: 150, overflowWrap: "anywhere" }}>
        {notification.channelName}
        <Text size="xs" c="dimmed">
          {formats.list(recipients)}
        </Text>
      </td>
      <td>
        {notification.nextTryAt !== null ? (
          <>
            {t("notifications.next")} <AbsoluteTime at={notification.nextTryAt} />
          </>
        ) : (
          <AbsoluteTime at={notification.finishedAt ?? notification.createdAt} />
        )}
      </td>
      <td>
        {mayEdit && state !== "sending" && notification.channelId !== null && (
          <Button
            size="compact-xs"
            variant="default"
            loading={again.isPending}
            onClick={() => again.mutate(notification.notificationId)}
          >
            {t(state === "waiting" ? "notifications.sendNow" : "notifications.sendAgain")}
          </Button>
        )}
      </td>
    </tr>
  );
}

function About({ item }: { item: NotificationItem }) {
  const { t } = useTranslation();
  const text = `${t(`rules.topicNames.${item.topic}`)}: ${item.jobName}`;
  if (item.runId === null) return <div>{text}</div>;
  return (
    <div>
      <Link to="/runs/$runId" params={{ runId: String(item.runId) }}>
        {text}
      </Link>
    </div>
  );
}
