import { useTranslation } from "react-i18next";
import { deleteJob, jobsQuery, setJobActive, type Job } from "@/api/jobs";
import { startRun } from "@/api/runs";
import { useFormats } from "@/i18n/use-formats";
import { parseSchedule } from "@/lib/schedule";
import { nextMoments } from "@/lib/moments";
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
  const formats = useFormats();
  return useAction({
    run: ({ job, isActive }: { job: Job; isActive: boolean }) => setJobActive(job, isActive),
    invalidates: [jobsQuery.queryKey],
    done: (_, { job, isActive }) => {
      if (!isActive) return t("jobs.deactivated", { name: job.name });
      const zone = job.effectiveTimeZone;
      const [next] = nextMoments(parseSchedule(job.schedule), zone, new Date(), 1);
      const text = next ? formats.dateTime(next) : t("jobs.noNext");
      return t("jobs.activated", { name: job.name, next: text });
    },
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
