import { queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import { moment, momentOrNull } from "./convert";
import type { NotificationPageWire, NotificationWire, RuleWire } from "./wire";

export const TOPICS = [
  "failure",
  "recovery",
  "success",
  "late",
  "guard",
  "delivery_failed",
] as const satisfies readonly RuleWire["topics"][number][];
export type Topic = (typeof TOPICS)[number];

export const NOTIFICATION_STATES = ["waiting", "sending", "sent", "failed", "muted"] as const;
export type NotificationState = NotificationWire["state"];

/** Who is told of what; null job and connection: of every job. Times are "22:30". */
export interface NotificationRule {
  ruleId: number;
  jobId: number | null;
  connectionId: number | null;
  channelId: number;
  channelName: string;
  topics: Topic[];
  recipients: string[];
  onlyChanges: boolean;
  digestEveryMin: number | null;
  digestAt: string | null;
  quietStart: string | null;
  quietEnd: string | null;
  failuresPass: boolean;
  mutedUntil: Date | null;
  attachDataset: boolean;
  attachLimitMb: number;
}

export type RuleDraft = Omit<NotificationRule, "ruleId" | "channelName">;

export interface NotificationItem {
  topic: Topic;
  jobId: number | null;
  jobName: string;
  runId: number | null;
}

/** A message to a channel about one event or several. */
export interface Notification {
  notificationId: number;
  channelId: number | null;
  channelName: string;
  recipients: string[];
  state: NotificationState;
  attempt: number;
  errorCode: string | null;
  errorMessage: string | null;
  nextTryAt: Date | null;
  createdAt: Date;
  finishedAt: Date | null;
  items: NotificationItem[];
}

const minutes = (time: string | null) => time?.slice(0, 5) ?? null;

function toRule(wire: RuleWire): NotificationRule {
  return {
    ruleId: wire.rule_id,
    jobId: wire.job_id,
    connectionId: wire.connection_id,
    channelId: wire.channel_id,
    channelName: wire.channel_name,
    topics: wire.topics,
    recipients: wire.recipients,
    onlyChanges: wire.only_changes,
    digestEveryMin: wire.digest_every_min,
    digestAt: minutes(wire.digest_at),
    quietStart: minutes(wire.quiet_start),
    quietEnd: minutes(wire.quiet_end),
    failuresPass: wire.failures_pass,
    mutedUntil: momentOrNull(wire.muted_until),
    attachDataset: wire.attach_dataset,
    attachLimitMb: wire.attach_limit_mb,
  };
}

function ruleToWire(draft: RuleDraft) {
  return {
    job_id: draft.jobId,
    connection_id: draft.connectionId,
    channel_id: draft.channelId,
    topics: draft.topics,
    recipients: draft.recipients,
    only_changes: draft.onlyChanges,
    digest_every_min: draft.digestEveryMin,
    digest_at: draft.digestAt,
    quiet_start: draft.quietStart,
    quiet_end: draft.quietEnd,
    failures_pass: draft.failuresPass,
    muted_until: draft.mutedUntil?.toISOString() ?? null,
    attach_dataset: draft.attachDataset,
    attach_limit_mb: draft.attachLimitMb,
  };
}

export function toNotification(wire: NotificationWire): Notification {
  return {
    notificationId: wire.notification_id,
    channelId: wire.channel_id,
    channelName: wire.channel_name,
    recipients: wire.recipients,
    state: wire.state,
    attempt: wire.attempt,
    errorCode: wire.error_code,
    errorMessage: wire.error_message,
    nextTryAt: momentOrNull(wire.next_try_at),
    createdAt: moment(wire.created_at),
    finishedAt: momentOrNull(wire.finished_at),
    items: wire.items.map((item) => ({
      topic: item.topic,
      jobId: item.job_id,
      jobName: item.job_name,
      runId: item.run_id,
    })),
  };
}

/** Every rule, or those of one job alone. */
export const rulesQuery = (jobId: number | null) =>
  queryOptions({
    queryKey: ["notification-rules", jobId],
    queryFn: async ({ signal }) =>
      (
        await get<RuleWire[]>("/api/notification-rules", { job_id: jobId ?? undefined }, signal)
      ).map(toRule),
  });

export async function createRule(draft: RuleDraft): Promise<void> {
  await change("POST", "/api/notification-rules", ruleToWire(draft));
}

export async function updateRule(id: number, draft: RuleDraft): Promise<void> {
  await change("PUT", `/api/notification-rules/${id}`, ruleToWire(draft));
}

export async function muteRule(id: number, until: Date | null): Promise<void> {
  const wire = { muted_until: until?.toISOString() ?? null };
  await change("PUT", `/api/notification-rules/${id}`, wire);
}

export async function deleteRule(id: number): Promise<void> {
  await change("DELETE", `/api/notification-rules/${id}`);
}

export interface NotificationPage {
  items: Notification[];
  total: number;
}

/** Null: whatever it is. */
export interface NotificationFilter {
  state: NotificationState | null;
  channelId: number | null;
  jobId: number | null;
  page: number;
  size: number;
}

export const notificationsQuery = (filter: NotificationFilter) =>
  queryOptions({
    queryKey: ["notifications", filter],
    queryFn: async ({ signal }): Promise<NotificationPage> => {
      const { page, size } = filter;
      const query = {
        state: filter.state ?? undefined,
        channel_id: filter.channelId ?? undefined,
        job_id: filter.jobId ?? undefined,
        page,
        size,
      };
      const wire = await get<NotificationPageWire>("/api/notifications", query, signal);
      return { items: wire.items.map(toNotification), total: wire.total };
    },
  });

export async function sendAgain(id: number): Promise<void> {
  await change("POST", `/api/notifications/${id}/send`);
}
