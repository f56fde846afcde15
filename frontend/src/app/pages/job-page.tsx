import { getRouteApi } from "@tanstack/react-router";
import { EditJob } from "@/features/jobs/edit-job";
import { JobRules } from "@/features/notifications/job-rules";
import { UnsentNotice } from "@/features/notifications/job-sent";
import { NotFoundPage } from "./not-found-page";

const route = getRouteApi("/shell/jobs/$jobId");

export function JobPage() {
  const jobId = Number(route.useParams().jobId);
  if (!Number.isSafeInteger(jobId) || jobId < 1) return <NotFoundPage />;
  return (
    <EditJob
      key={jobId}
      jobId={jobId}
      notice={<UnsentNotice jobId={jobId} />}
      below={<JobRules jobId={jobId} />}
    />
  );
}
