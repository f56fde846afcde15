import { queryOptions } from "@tanstack/react-query";
import type { Locale } from "@/lib/format";
import { change, get } from "./client";
import type { ChannelTestWire, ChannelWire } from "./wire";

export const CHANNEL_KINDS = ["email", "teams", "slack", "telegram", "webhook"] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

/** A way to people: a mail server, a chat, a web address. */
export interface Channel {
  channelId: number;
  name: string;
  kind: ChannelKind;
  language: Locale;
  options: Record<string, unknown>;
  hasSecret: boolean;
}

/** What a person edits. A null secret stays as it is stored. */
export interface ChannelDraft {
  name: string;
  kind: ChannelKind;
  language: Locale;
  options: Record<string, unknown>;
  secret: string | null;
}

/** Recipients a message may name; others go where the channel's address leads. */
export function hasRecipients(kind: ChannelKind): boolean {
  return kind === "email" || kind === "telegram";
}

export function recipientsOf({ options }: Channel): string[] {
  return Array.isArray(options.recipients) ? options.recipients.map(String) : [];
}

function toChannel(wire: ChannelWire): Channel {
  return {
    channelId: wire.channel_id,
    name: wire.name,
    kind: wire.kind as ChannelKind,
    language: wire.language as Locale,
    options: wire.options,
    hasSecret: wire.has_secret,
  };
}

function toWire({ secret, ...rest }: ChannelDraft) {
  return secret === null ? rest : { ...rest, secret };
}

export const channelsQuery = queryOptions({
  queryKey: ["channels"],
  queryFn: async ({ signal }) =>
    (await get<ChannelWire[]>("/api/channels", undefined, signal)).map(toChannel),
});

export async function createChannel(draft: ChannelDraft): Promise<void> {
  await change("POST", "/api/channels", toWire(draft));
}

export async function updateChannel(id: number, draft: ChannelDraft): Promise<void> {
  await change("PUT", `/api/channels/${id}`, toWire(draft));
}

export async function deleteChannel(id: number): Promise<void> {
  await change("DELETE", `/api/channels/${id}`);
}

export interface ChannelReport {
  elapsedMs: number;
  /** Recipients the server did not take, with its words. */
  refused: Record<string, string>;
}

/** To these people; to those of the channel when nobody is named. */
export async function testChannel(id: number, recipients: string[]): Promise<ChannelReport> {
  const wire = await change<ChannelTestWire>("POST", `/api/channels/${id}/test`, { recipients });
  return { elapsedMs: wire.elapsed_ms, refused: wire.refused };
}
