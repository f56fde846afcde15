import { queryOptions } from "@tanstack/react-query";
import type { Role } from "@/lib/permissions";
import { change, get } from "./client";
import { moment } from "./convert";
import type { ConnectionCreatedWire, ConnectionTestWire, ConnectionWire } from "./wire";

export const CONNECTION_KINDS = ["postgres", "oracle"] as const;
export type ConnectionKind = (typeof CONNECTION_KINDS)[number];

export interface Connection {
  connectionId: number;
  name: string;
  kind: ConnectionKind;
  host: string | null;
  port: number | null;
  database: string | null;
  dsn: string | null;
  username: string;
  hasPassword: boolean;
  options: Record<string, unknown>;
  /** Null: any number. */
  maxRuns: number | null;
  /** "22:30"; null where there are no quiet hours. */
  quietStart: string | null;
  quietEnd: string | null;
  /** Jobs may write to it; otherwise they only read. */
  isWritable: boolean;
  /** Of these roles everybody may use it; root always may. */
  usableRoles: Role[];
  usableUsers: string[];
  /** Whether who asks may use it. */
  mayUse: boolean;
  updatedAt: Date;
}

/** What a person edits. A null password stays as it is stored. */
export interface ConnectionDraft {
  name: string;
  kind: ConnectionKind;
  host: string | null;
  port: number | null;
  database: string | null;
  dsn: string | null;
  username: string;
  password: string | null;
  options: Record<string, unknown>;
  maxRuns: number | null;
  quietStart: string | null;
  quietEnd: string | null;
  isWritable: boolean;
  usableRoles: Role[];
  usableUsers: string[];
}

export interface ConnectionReport {
  serverVersion: string;
  warnings: string[];
  elapsedMs: number;
}

function toConnection(wire: ConnectionWire): Connection {
  return {
    connectionId: wire.connection_id,
    name: wire.name,
    kind: wire.kind as ConnectionKind,
    host: wire.host,
    port: wire.port,
    database: wire.database,
    dsn: wire.dsn,
    username: wire.username,
    hasPassword: wire.has_password,
    options: wire.options,
    maxRuns: wire.max_runs,
    quietStart: wire.quiet_start,
    quietEnd: wire.quiet_end,
    isWritable: wire.is_writable,
    usableRoles: wire.usable_roles as Role[],
    usableUsers: wire.usable_users,
    mayUse: wire.may_use,
    updatedAt: moment(wire.updated_at),
  };
}

function toWire(draft: ConnectionDraft) {
  const { password, maxRuns, quietStart, quietEnd, isWritable, usableRoles, usableUsers, ...rest } =
    draft;
  const limits = {
    max_runs: maxRuns,
    quiet_start: quietStart,
    quiet_end: quietEnd,
    is_writable: isWritable,
    usable_roles: usableRoles,
    usable_users: usableUsers,
  };
  return { ...rest, ...limits, ...(password === null ? {} : { password }) };
}

export const connectionsQuery = queryOptions({
  queryKey: ["connections"],
  queryFn: async ({ signal }) =>
    (await get<ConnectionWire[]>("/api/connections", undefined, signal)).map(toConnection),
});

export async function createConnection(draft: ConnectionDraft): Promise<number> {
  const wire = await change<ConnectionCreatedWire>("POST", "/api/connections", toWire(draft));
  return wire.connection_id;
}

export async function updateConnection(id: number, draft: ConnectionDraft): Promise<void> {
  await change("PUT", `/api/connections/${id}`, toWire(draft));
}

export async function deleteConnection(id: number): Promise<void> {
  await change("DELETE", `/api/connections/${id}`);
}

export async function testConnection(id: number): Promise<ConnectionReport> {
  const wire = await change<ConnectionTestWire>("POST", `/api/connections/${id}/test`);
  return {
    serverVersion: wire.server_version,
    warnings: wire.warnings,
    elapsedMs: wire.elapsed_ms,
  };
}
