import { runsQuery, type Run } from "@/api/runs";

// As many as one page of the server holds: enough for the picture of the jobs that run often.
export const recentRunsQuery = runsQuery({ page: 1, size: 200 });

/** The runs of each job, oldest first. */
export function runsByJob(runs: readonly Run[]): Map<number, Run[]> {
  const found = new Map<number, Run[]>();
  for (const run of runs) {
    if (run.jobId === null) continue;
    const list = found.get(run.jobId);
    if (list === undefined) found.set(run.jobId, [run]);
    else list.unshift(run);
  }
  return found;
}
