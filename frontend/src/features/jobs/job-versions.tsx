import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { jobDiffQuery, jobVersionsQuery, restoreJobVersion } from "@/api/job-versions";
import { QueryView } from "@/ui/query-view";
import { RelativeTime } from "@/ui/relative-time";
import { Section } from "@/ui/section";
import { useMay } from "@/ui/session-context";
import { useAction } from "@/ui/use-action";
import { JobDiffView } from "@/ui/job-diff";

const SHOWN = 8;

/** How the job was saved before; each version is compared with now, and restored. */
export function JobVersions({ jobId }: { jobId: number }) {
  const { t } = useTranslation();
  const versions = useQuery(jobVersionsQuery(jobId));
  const [opened, setOpened] = useState<number | null>(null);
  return (
    <Section title={t("jobVersions.title")}>
      <QueryView
        query={versions}
        skeletonRows={2}
        isEmpty={(found) => found.length === 0}
        empty={
          <Text size="sm" c="dimmed">
            {t("jobVersions.none")}
          </Text>
        }
      >
        {(found) => (
          <Stack gap={4}>
            {found.slice(0, SHOWN).map((version) => (
              <Group key={version.revision} gap="xs" wrap="nowrap">
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={t("jobVersions.open", { n: version.revision })}
                  onClick={() => setOpened(version.revision)}
                >
                  {version.revision}
                </Button>
                <Text size="sm" truncate>
                  <RelativeTime at={version.savedAt} />{" "}
                  {version.savedBy !== null && t("jobVersions.byWhom", { name: version.savedBy })}
                </Text>
              </Group>
            ))}
          </Stack>
        )}
      </QueryView>
      {opened !== null && (
        <VersionDialog jobId={jobId} revision={opened} onClose={() => setOpened(null)} />
      )}
    </Section>
  );
}

interface VersionDialogProps {
  jobId: number;
  revision: number;
  onClose: () => void;
}

function VersionDialog({ jobId, revision, onClose }: VersionDialogProps) {
  const { t } = useTranslation();
  const diff = useQuery(jobDiffQuery(jobId, revision));
  const mayEdit = useMay("jobs.edit");
  const restore = useAction({
    run: () => restoreJobVersion(jobId, revision),
    invalidates: [["jobs"]],
    done: () => t("jobVersions.restored", { n: revision }),
    onDone: onClose,
  });
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={<Text fw={600}>{t("jobVersions.compare", { n: revision })}</Text>}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <Stack>
        <QueryView query={diff} skeletonRows={4}>
          {(found) => <JobDiffView diff={found} />}
        </QueryView>
        {mayEdit && diff.data !== undefined && diff.data.fields.length > 0 && (
          <Group justify="flex-end">
            <Button loading={restore.isPending} onClick={() => restore.mutate()}>
              {t("jobVersions.restore")}
            </Button>
          </Group>
        )}
      </Stack>
    </Modal>
  );
}
