import { Menu } from "@mantine/core";
import {
  IconCalendarOff,
  IconCopy,
  IconDots,
  IconHelpCircle,
  IconHistory,
  IconPlayerPlay,
  IconTrash,
  IconZzz,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Job } from "@/api/jobs";
import { Confirm } from "@/ui/confirm";
import { IconButton } from "@/ui/icon-button";
import { useMay } from "@/ui/session-context";
import { useDeleteJob, useSetActive, useSetPaused } from "./use-job-actions";

interface JobMenuProps {
  job: Job;
  onDeleted?: () => void;
}

/** What else one can do with a job. Until it is asked for, it is only a button. */
export function JobMenu(props: JobMenuProps) {
  const { t } = useTranslation();
  const [isUsed, setUsed] = useState(false);
  if (isUsed) return <OpenedMenu {...props} />;
  return (
    <IconButton
      label={t("actions.more", { name: props.job.name })}
      hasPopup
      onClick={() => setUsed(true)}
    >
      <IconDots size={16} />
    </IconButton>
  );
}

function OpenedMenu({ job, onDeleted }: JobMenuProps) {
  const { t } = useTranslation();
  const mayEdit = useMay("jobs.edit");
  const [isAsking, setAsking] = useState(false);
  const setActive = useSetActive();
  const setPaused = useSetPaused();
  const remove = useDeleteJob(onDeleted);
  return (
    <>
      <Menu width={220} defaultOpened>
        <Menu.Target>
          <IconButton label={t("actions.more", { name: job.name })} isFocused>
            <IconDots size={16} />
          </IconButton>
        </Menu.Target>
        <Menu.Dropdown>
          {mayEdit && (
            <Menu.Item
              leftSection={
                job.isActive ? <IconCalendarOff size={15} /> : <IconPlayerPlay size={15} />
              }
              onClick={() => setActive.mutate({ job, isActive: !job.isActive })}
            >
              {job.isActive ? t("jobs.deactivate") : t("jobs.activate")}
            </Menu.Item>
          )}
          {mayEdit && job.isActive && (
            <Menu.Item
              leftSection={
                job.pausedAt === null ? <IconZzz size={15} /> : <IconPlayerPlay size={15} />
              }
              onClick={() => setPaused.mutate({ job, isPaused: job.pausedAt === null })}
            >
              {job.pausedAt === null ? t("plan.pause") : t("plan.resume")}
            </Menu.Item>
          )}
          <Menu.Item
            leftSection={<IconHistory size={15} />}
            renderRoot={(props) => <Link to="/runs" search={{ job: job.jobId }} {...props} />}
          >
            {t("jobs.history")}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconHelpCircle size={15} />}
            renderRoot={(props) => (
              <Link to="/jobs/$jobId/why" params={{ jobId: String(job.jobId) }} {...props} />
            )}
          >
            {t("why.title")}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconCopy size={15} />}
            renderRoot={(props) => <Link to="/jobs/new" search={{ clone: job.jobId }} {...props} />}
          >
            {t("jobs.clone")}
          </Menu.Item>
          {mayEdit && (
            <>
              <Menu.Divider />
              <Menu.Item
                c="var(--asql-bad)"
                leftSection={<IconTrash size={15} />}
                onClick={() => setAsking(true)}
              >
                {t("actions.delete")}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Confirm
        isOpen={isAsking}
        title={t("jobs.deleteTitle", { name: job.name })}
        confirm={t("jobs.deleteConfirm")}
        isBusy={remove.isPending}
        onClose={() => setAsking(false)}
        onConfirm={() => remove.mutate(job, { onSettled: () => setAsking(false) })}
      >
        {t("jobs.deleteBody")}
      </Confirm>
    </>
  );
}
