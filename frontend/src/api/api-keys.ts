import { queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import { moment, momentOrNull } from "./convert";
import type { ApiKeyCreatedWire, ApiKeyWire } from "./wire";

export const KEY_ACTIONS = ["read", "sql", "status", "metrics"] as const;
export type KeyAction = (typeof KEY_ACTIONS)[number];

export interface ApiKey {
  apiKeyId: number;
  name: string;
  prefix: string;
  createdBy: string | null;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
  lastAddress: string | null;
  lastUserAgent: string | null;
  datasets: string[];
  actions: KeyAction[];
  networks: string[];
  ratePerMinute: number | null;
  /** Nobody has used it for long; null: it is too young to say. */
  isUnused: boolean | null;
}

/** What a key opens, from where, how often and until when. */
export interface NewApiKey {
  name: string;
  expiresAt: Date | null;
  datasets: string[];
  actions: KeyAction[];
  networks: string[];
  ratePerMinute: number | null;
}

function toApiKey(wire: ApiKeyWire): ApiKey {
  return {
    apiKeyId: wire.api_key_id,
    name: wire.name,
    prefix: wire.prefix,
    createdBy: wire.created_by,
    createdAt: moment(wire.created_at),
    expiresAt: momentOrNull(wire.expires_at),
    revokedAt: momentOrNull(wire.revoked_at),
    lastUsedAt: momentOrNull(wire.last_used_at),
    lastAddress: wire.last_address,
    lastUserAgent: wire.last_user_agent,
    datasets: wire.datasets,
    actions: KEY_ACTIONS.filter((action) => wire.actions.includes(action)),
    networks: wire.networks,
    ratePerMinute: wire.rate_per_minute,
    isUnused: wire.unused,
  };
}

export const apiKeysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: async ({ signal }) =>
    (await get<ApiKeyWire[]>("/api/api-keys", undefined, signal)).map(toApiKey),
});

const keyWire = (key: NewApiKey) => ({
  name: key.name,
  expires_at: key.expiresAt?.toISOString() ?? null,
  datasets: key.datasets,
  actions: key.actions,
  networks: key.networks,
  rate_per_minute: key.ratePerMinute,
});

/** The new key in clear text: this is the only time anybody sees it. */
export async function createApiKey(key: NewApiKey): Promise<string> {
  const wire = await change<ApiKeyCreatedWire>("POST", "/api/api-keys", keyWire(key));
  return wire.key;
}

/** What it opens from now on; the secret stays. */
export async function changeApiKey(apiKeyId: number, key: NewApiKey): Promise<void> {
  await change("PUT", `/api/api-keys/${apiKeyId}`, keyWire(key));
}

export async function revokeApiKey(apiKeyId: number): Promise<void> {
  await change("DELETE", `/api/api-keys/${apiKeyId}`);
}
