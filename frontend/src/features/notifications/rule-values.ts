import type { NotificationRule, RuleDraft, Topic } from "@/api/notifications";

export const GATHERINGS = ["none", "every", "daily"] as const;
export type Gathering = (typeof GATHERINGS)[number];

/** What the fields of the form hold: texts, empty where there is nothing. */
export interface RuleValues {
  channelId: string | null;
  connectionId: string | null;
  topics: Topic[];
  recipients: string[];
  onlyChanges: boolean;
  gathering: Gathering;
  digestEveryMin: number | "";
  digestAt: string;
  quietStart: string;
  quietEnd: string;
  failuresPass: boolean;
  attachDataset: boolean;
  attachLimitMb: number | "";
}

export const NEW_RULE: RuleValues = {
  channelId: null,
  connectionId: null,
  topics: ["failure", "recovery", "late", "guard", "delivery_failed"],
  recipients: [],
  onlyChanges: true,
  gathering: "none",
  digestEveryMin: 60,
  digestAt: "08:00",
  quietStart: "",
  quietEnd: "",
  failuresPass: true,
  attachDataset: false,
  attachLimitMb: 10,
};

/** The server's field names by ours. */
export const RULE_WIRE_NAMES = {
  channel_id: "channelId",
  connection_id: "connectionId",
  topics: "topics",
  recipients: "recipients",
  ...Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`recipients.${n}`, "recipients"])),
  digest_every_min: "digestEveryMin",
  digest_at: "digestAt",
  quiet_start: "quietStart",
  quiet_end: "quietEnd",
  attach_dataset: "attachDataset",
  attach_limit_mb: "attachLimitMb",
};

export function ruleValues(rule: NotificationRule): RuleValues {
  const gathering = rule.digestEveryMin !== null ? "every" : rule.digestAt ? "daily" : "none";
  return {
    channelId: String(rule.channelId),
    connectionId: rule.connectionId === null ? null : String(rule.connectionId),
    topics: rule.topics,
    recipients: rule.recipients,
    onlyChanges: rule.onlyChanges,
    gathering,
    digestEveryMin: rule.digestEveryMin ?? 60,
    digestAt: rule.digestAt ?? "08:00",
    quietStart: rule.quietStart ?? "",
    quietEnd: rule.quietEnd ?? "",
    failuresPass: rule.failuresPass,
    attachDataset: rule.attachDataset,
    attachLimitMb: rule.attachLimitMb,
  };
}

/** `jobId`: the job the rule is of, null where it is of several. */
export function ruleDraft(
  values: RuleValues,
  jobId: number | null,
  mutedUntil: Date | null,
  isMail: boolean,
): RuleDraft {
  const { gathering, digestEveryMin, attachLimitMb, connectionId } = values;
  return {
    jobId,
    connectionId: jobId !== null || connectionId === null ? null : Number(connectionId),
    channelId: Number(values.channelId),
    topics: values.topics,
    recipients: values.recipients,
    onlyChanges: values.onlyChanges,
    digestEveryMin: gathering === "every" && digestEveryMin !== "" ? digestEveryMin : null,
    digestAt: gathering === "daily" ? values.digestAt || null : null,
    quietStart: values.quietStart || null,
    quietEnd: values.quietEnd || null,
    failuresPass: values.failuresPass,
    mutedUntil,
    attachDataset: isMail && values.attachDataset,
    attachLimitMb: attachLimitMb === "" ? 10 : attachLimitMb,
  };
}
