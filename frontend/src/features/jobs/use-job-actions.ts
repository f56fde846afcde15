import { useTranslation } from "react-i18next";
import { deleteJob, jobsQuery, setJobActive, setJobPaused, type Job } from "@/api/jobs";
import { startRun } from "@/api/runs";
import { useAction } from "@/ui/use-action";

const RUNS = ["runs"];

/** Put a run of the job into the queue. */
export function useRunNow(onStarted?: (runId: number) => void) {
  const { t } = useTranslation();
  return useAction({
    run: (job: Pick<Job, "jobId" | "name">) => startRun(job.jobId),
    invalidates: [jobsQuery.queryKey, RUNS],
    done: (run, job) => t("jobs.started", { id: run.runId, name: job.name }),
    onDone: (run) => onStarted?.(run.runId),
  });
}

export function useSetActive() {
  const { t } = useTranslation();
  return useAction({
    run: ({ job, isActive }: { job: Job; isActive: boolean }) => setJobActive(job, isActive),
    invalidates: [jobsQuery.queryKey],
    done: (_, { job, isActive }) =>
      t(isActive ? "jobs.activated" : "jobs.deactivated", { name: job.name }),
  });
}

/** Let a job rest without losing sight of what it would have done, or let it go on. */
export function useSetPaused() {
  const { t } = useTranslation();
  return useAction({
    run: ({ job, isPaused }: { job: Job; isPaused: boolean }) => setJobPaused(job.jobId, isPaused),
    invalidates: [jobsQuery.queryKey],
    done: (_, { job, isPaused }) =>
      t(isPaused ? "plan.pausedNow" : "plan.resumed", { name: job.name }),
  });
}

export function useDeleteJob(onDeleted?: () => void) {
  const { t } = useTranslation();
  return useAction({
    run: (job: Job) => deleteJob(job.jobId),
    invalidates: [jobsQuery.queryKey, RUNS],
    done: (_, job) => t("jobs.deleted", { name: job.name }),
    onDone: () => onDeleted?.(),
  });
}
