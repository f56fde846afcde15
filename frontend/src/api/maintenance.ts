import { queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import { momentOrNull } from "./convert";
import type { MaintenanceWire } from "./wire";

/** Whether everything is paused: what runs finishes, nothing starts. */
export interface Maintenance {
  isPaused: boolean;
  pausedAt: Date | null;
  pausedBy: string | null;
  note: string | null;
}

function toMaintenance(wire: MaintenanceWire): Maintenance {
  return {
    isPaused: wire.paused,
    pausedAt: momentOrNull(wire.paused_at),
    pausedBy: wire.paused_by,
    note: wire.note,
  };
}

export const maintenanceQuery = queryOptions({
  queryKey: ["maintenance"],
  queryFn: async ({ signal }) =>
    toMaintenance(await get<MaintenanceWire>("/api/maintenance", undefined, signal)),
});

export async function setMaintenance(paused: boolean, note: string | null): Promise<void> {
  await change("PUT", "/api/maintenance", { paused, note });
}
