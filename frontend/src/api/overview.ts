import { queryOptions } from "@tanstack/react-query";
import { get } from "./client";
import { moment, momentOrNull } from "./convert";
import { toNotification, type Notification } from "./notifications";
import { toRun, type Run } from "./runs";
import type { OverviewWire } from "./wire";

export interface Planned {
  jobId: number;
  jobName: string;
  dueAt: Date;
}

export interface Overview {
  now: Date;
  timeZone: string;
  dayStart: Date;
  dayEnd: Date;
  failed: Run[];
  late: Run[];
  running: Run[];
  oldestQueuedAt: Date | null;
  statesToday: Record<string, number>;
  today: Run[];
  planned: Planned[];
  failedNotifications: Notification[];
  activeJobs: number;
  inactiveJobs: number;
}

function toOverview(wire: OverviewWire): Overview {
  return {
    now: moment(wire.now),
    timeZone: wire.time_zone,
    dayStart: moment(wire.day_start),
    dayEnd: moment(wire.day_end),
    failed: wire.failed.map(toRun),
    late: wire.late.map(toRun),
    running: wire.running.map(toRun),
    oldestQueuedAt: momentOrNull(wire.oldest_queued_at),
    statesToday: wire.states_today,
    today: wire.today.map(toRun),
    planned: wire.planned.map((entry) => ({
      jobId: entry.job_id,
      jobName: entry.job_name,
      dueAt: moment(entry.due_at),
    })),
    failedNotifications: wire.failed_notifications.map(toNotification),
    activeJobs: wire.active_jobs,
    inactiveJobs: wire.inactive_jobs,
  };
}

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: async ({ signal }) =>
    toOverview(await get<OverviewWire>("/api/overview", undefined, signal)),
});
