import { queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import type { TargetTestWire, TargetWire } from "./wire";

export const TARGET_KINDS = ["folder", "s3", "sftp"] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** A place besides the export folder that versions are delivered to. */
export interface Target {
  targetId: number;
  name: string;
  kind: TargetKind;
  options: Record<string, unknown>;
  hasSecret: boolean;
}

/** What a person edits. A null secret stays as it is stored. */
export interface TargetDraft {
  name: string;
  kind: TargetKind;
  options: Record<string, unknown>;
  secret: string | null;
}

function toTarget(wire: TargetWire): Target {
  return {
    targetId: wire.target_id,
    name: wire.name,
    kind: wire.kind as TargetKind,
    options: wire.options,
    hasSecret: wire.has_secret,
  };
}

function toWire({ secret, ...rest }: TargetDraft) {
  return secret === null ? rest : { ...rest, secret };
}

export const targetsQuery = queryOptions({
  queryKey: ["targets"],
  queryFn: async ({ signal }) =>
    (await get<TargetWire[]>("/api/targets", undefined, signal)).map(toTarget),
});

export async function createTarget(draft: TargetDraft): Promise<void> {
  await change("POST", "/api/targets", toWire(draft));
}

export async function updateTarget(id: number, draft: TargetDraft): Promise<void> {
  await change("PUT", `/api/targets/${id}`, toWire(draft));
}

export async function deleteTarget(id: number): Promise<void> {
  await change("DELETE", `/api/targets/${id}`);
}

export interface TargetReport {
  elapsedMs: number;
  /** The fingerprint an SFTP server showed. */
  hostKey: string | null;
}

export async function testTarget(id: number): Promise<TargetReport> {
  const wire = await change<TargetTestWire>("POST", `/api/targets/${id}/test`);
  return { elapsedMs: wire.elapsed_ms, hostKey: wire.host_key };
}
