import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get } from "./client";
import { moment } from "./convert";
import type { Page } from "./runs";
import type { AuditPageWire, AuditWire } from "./wire";

export type AuditAction = "created" | "changed" | "deleted";

export interface AuditRecord {
  auditId: number;
  at: Date;
  actor: string;
  address: string | null;
  action: AuditAction;
  entity: string;
  entityId: string;
  entityName: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

function toAuditRecord(wire: AuditWire): AuditRecord {
  return {
    auditId: wire.audit_id,
    at: moment(wire.happened_at),
    actor: wire.actor,
    address: wire.address,
    action: wire.action as AuditAction,
    entity: wire.entity,
    entityId: wire.entity_id,
    entityName: wire.entity_name,
    before: wire.before,
    after: wire.after,
  };
}

export const auditQuery = (filter: { q: string; page: number; size: number }) =>
  queryOptions({
    queryKey: ["audit", filter],
    queryFn: async ({ signal }): Promise<Page<AuditRecord>> => {
      const wire = await get<AuditPageWire>("/api/audit", filter, signal);
      return { ...wire, items: wire.items.map(toAuditRecord) };
    },
    placeholderData: keepPreviousData,
  });

/** The same records as a file, all of them. */
export function auditExportAddress(q: string): string {
  return `/api/audit/export${q === "" ? "" : `?${new URLSearchParams({ q }).toString()}`}`;
}
