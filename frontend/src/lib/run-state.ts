export const RUN_STATES = [
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "interrupted",
] as const;

export type RunState = (typeof RUN_STATES)[number];

export function isRunState(text: string): text is RunState {
  return (RUN_STATES as readonly string[]).includes(text);
}

export const TRIGGERS = ["schedule", "manual", "dependency", "backfill"] as const;
export type Trigger = (typeof TRIGGERS)[number];
