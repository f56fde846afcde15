import { Alert, Button, Group, Text } from "@mantine/core";
import { IconPlayerPause } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Job } from "@/api/jobs";
import { useFormats } from "@/i18n/use-formats";
import { useNow } from "@/ui/clock";
import { useMay } from "@/ui/session-context";
import { useSetPaused } from "./use-job-actions";

/** Who paused the job and when, with the way back. */
export function PauseNotice({ job }: { job: Job }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const now = useNow(30);
  const mayEdit = useMay("jobs.edit");
  const setPaused = useSetPaused();
  if (job.pausedAt === null) return null;
  return (
    <Alert icon={<IconPlayerPause size={16} />} color="yellow" variant="outline" p="xs">
      <Group justify="space-between" gap="xs">
        <Text size="sm">
          {t("plan.pausedBy", {
            name: job.pausedBy ?? t("values.unknown"),
            when: formats.relative(job.pausedAt, now),
          })}
        </Text>
        {mayEdit && (
          <Button
            variant="default"
            loading={setPaused.isPending}
            onClick={() => setPaused.mutate({ job, isPaused: false })}
          >
            {t("plan.resume")}
          </Button>
        )}
      </Group>
    </Alert>
  );
}
