import { queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import { moment, momentOrNull } from "./convert";
import type { ApiKeyCreatedWire, ApiKeyWire } from "./wire";

export interface ApiKey {
  apiKeyId: number;
  name: string;
  prefix: string;
  createdBy: string | null;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
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
  };
}

export const apiKeysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: async ({ signal }) =>
    (await get<ApiKeyWire[]>("/api/api-keys", undefined, signal)).map(toApiKey),
});

/** The new key in clear text: this is the only time anybody sees it. */
export async function createApiKey(name: string, expiresAt: Date | null): Promise<string> {
  const wire = await change<ApiKeyCreatedWire>("POST", "/api/api-keys", {
    name,
    expires_at: expiresAt?.toISOString() ?? null,
  });
  return wire.key;
}

export async function revokeApiKey(apiKeyId: number): Promise<void> {
  await change("DELETE", `/api/api-keys/${apiKeyId}`);
}
