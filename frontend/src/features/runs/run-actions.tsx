import { Button } from "@mantine/core";
import { IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { cancelRun, isActive, startRun, type RunDetail } from "@/api/runs";
import { Confirm } from "@/ui/confirm";
import { useMay } from "@/ui/session-context";
import { useAction } from "@/ui/use-action";

const OLD_AFTERWARDS = [["runs"], ["jobs"], ["overview"]];

/** Cancel while it works, run again when it is over; absent for roles that may not. */
export function RunActions({ run }: { run: RunDetail }) {
  const mayControl = useMay("runs.control");
  if (!mayControl) return null;
  if (isActive(run)) return <CancelRun run={run} />;
  return run.jobId === null ? null : <RunAgain jobId={run.jobId} name={run.jobName} />;
}

function CancelRun({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const cancel = useAction({
    run: () => cancelRun(run.runId),
    invalidates: OLD_AFTERWARDS,
    done: (after) =>
      after.state === "cancelled"
        ? t("run.cancelDone", { id: run.runId })
        : t("run.cancelSent", { id: run.runId }),
  });
  return (
    <>
      <Button
        color="red.8"
        variant="outline"
        c="var(--asql-bad)"
        leftSection={<IconPlayerStop size={15} />}
        disabled={run.cancelRequestedBy !== null}
        onClick={() => setAsking(true)}
      >
        {t("run.cancel")}
      </Button>
      <Confirm
        isOpen={isAsking}
        title={t("run.cancelTitle", { id: run.runId, name: run.jobName })}
        confirm={t("run.cancelConfirm")}
        cancel={t("run.cancelKeep")}
        isBusy={cancel.isPending}
        onClose={() => setAsking(false)}
        onConfirm={() => cancel.mutate(undefined, { onSettled: () => setAsking(false) })}
      >
        {t("run.cancelBody")}
      </Confirm>
    </>
  );
}

function RunAgain({ jobId, name }: { jobId: number; name: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const again = useAction({
    run: () => startRun(jobId),
    invalidates: OLD_AFTERWARDS,
    done: (run) => t("jobs.started", { id: run.runId, name }),
    onDone: (run) => void navigate({ to: "/runs/$runId", params: { runId: String(run.runId) } }),
  });
  return (
    <Button
      variant="default"
      leftSection={<IconPlayerPlay size={15} />}
      loading={again.isPending}
      onClick={() => again.mutate()}
    >
      {t("run.again")}
    </Button>
  );
}
