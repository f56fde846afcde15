import { queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import type { ParameterCreatedWire, ParameterWire } from "./wire";

export interface Parameter {
  parameterId: number;
  name: string;
  /** Null where the role may not see it. */
  sql: string | null;
}

export interface ParameterDraft {
  name: string;
  sql: string;
}

export const parametersQuery = queryOptions({
  queryKey: ["parameters"],
  queryFn: async ({ signal }) =>
    (await get<ParameterWire[]>("/api/parameters", undefined, signal)).map((wire): Parameter => ({
      parameterId: wire.parameter_id,
      name: wire.parameter_name,
      sql: wire.sql_script ?? null,
    })),
});

function toWire(draft: ParameterDraft) {
  return { parameter_name: draft.name, sql_script: draft.sql };
}

export async function createParameter(draft: ParameterDraft): Promise<number> {
  const wire = await change<ParameterCreatedWire>("POST", "/api/parameters", toWire(draft));
  return wire.parameter_id;
}

export async function updateParameter(id: number, draft: ParameterDraft): Promise<void> {
  await change("PUT", `/api/parameters/${id}`, toWire(draft));
}

export async function deleteParameter(id: number): Promise<void> {
  await change("DELETE", `/api/parameters/${id}`);
}
