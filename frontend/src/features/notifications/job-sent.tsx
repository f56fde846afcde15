import { Alert, Button, Group, Text } from "@mantine/core";
import { IconBellX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { notificationsQuery } from "@/api/notifications";
import { useProblemText } from "@/i18n/use-problem-text";
import { useNow } from "@/ui/clock";
import { useInterval } from "@/ui/live";
import { RelativeTime } from "@/ui/relative-time";
import { useMay } from "@/ui/session-context";
import { SentHead, SentRow } from "./sent-row";
import { useSendAgain } from "./use-send-again";

const SHOWN = 5;
const WEEK_MS = 7 * 86_400_000;
const ofJob = (jobId: number) => ({ channelId: null, jobId, page: 1 });

/** The last messages about a job; nothing where there were none. */
export function JobSent({ jobId }: { jobId: number }) {
  const { t } = useTranslation();
  const sent = useQuery({
    ...notificationsQuery({ ...ofJob(jobId), state: null, size: SHOWN }),
    refetchInterval: useInterval(10_000),
  });
  if (sent.data === undefined || sent.data.items.length === 0) return null;
  return (
    <>
      <Group justify="space-between" mt="md" mb={4}>
        <Text size="sm" fw={500}>
          {t("notifications.lastOfJob")}
        </Text>
        <Text size="xs">
          <Link to="/notifications" search={{ job: jobId }}>
            {t("notifications.allOfJob")}
          </Link>
        </Text>
      </Group>
      <div className="scroll-x">
        <table className="table">
          <SentHead />
          <tbody>
            {sent.data.items.map((one) => (
              <SentRow key={one.notificationId} notification={one} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** Says at the head of a job that somebody was not told, within a week; else nothing. */
export function UnsentNotice({ jobId }: { jobId: number }) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const now = useNow(30);
  const mayEdit = useMay("runs.control");
  const failed = useQuery({
    ...notificationsQuery({ ...ofJob(jobId), state: "failed", size: 1 }),
    refetchInterval: useInterval(30_000),
  });
  const again = useSendAgain();
  const found = failed.data?.items[0];
  if (found === undefined) return null;
  const { notificationId, channelId, channelName, errorCode, errorMessage, createdAt } = found;
  const at = found.finishedAt ?? createdAt;
  if (now.getTime() - at.getTime() > WEEK_MS) return null;
  return (
    <Alert icon={<IconBellX size={16} />} color="red" variant="outline" p="xs">
      <Group justify="space-between" gap="xs">
        <div>
          <Text size="sm">
            {t("notifications.failed", { name: channelName })} · <RelativeTime at={at} />
          </Text>
          <Text size="xs" c="dimmed">
            {problemText.ofCode(errorCode ?? "", errorMessage ?? "").title}{" "}
            <Link to="/notifications" search={{ job: jobId, state: "failed" }}>
              {t("notifications.allOfJob")}
            </Link>
          </Text>
        </div>
        {mayEdit && channelId !== null && (
          <Button
            variant="default"
            loading={again.isPending}
            onClick={() => again.mutate(notificationId)}
          >
            {t("notifications.sendAgain")}
          </Button>
        )}
      </Group>
    </Alert>
  );
}
