import { queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import { momentOrNull } from "./convert";
import type { PreviewRequest } from "./previews";
import { toRun, type Run } from "./runs";
import type { FoundSetsWire, JobSetWire, RunSetWire, RunWire, SetsWire } from "./wire";

export const PARAMETER_TYPES = ["text", "integer", "decimal", "date"] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];
export const SET_STATES = ["waiting", "running", "done", "held", "failed", "not_run"] as const;
export type SetState = (typeof SET_STATES)[number];

/** A name in the query that each set gives a value. */
export interface QueryParameter {
  name: string;
  type: ParameterType;
}

/** Values by the names of the parameters; null is NULL. */
export interface ParameterSet {
  label: string;
  values: Record<string, string | null>;
}

/** Either sets that are written down, or a query that answers with them. */
export interface ParameterSets {
  parameters: QueryParameter[];
  sets: ParameterSet[] | null;
  query: string | null;
}

export function toParameterSets(wire: SetsWire | null): ParameterSets | null {
  if (wire === null) return null;
  return {
    parameters: wire.parameters.map(({ name, type }) => ({ name, type })),
    sets:
      wire.sets?.map(({ label, values }) => ({
        label,
        values: Object.fromEntries(
          Object.entries(values).map(([name, value]) => [
            name,
            value === null ? null : String(value),
          ]),
        ),
      })) ?? null,
    query: wire.query ?? null,
  };
}

/** A set of a job with the dataset that is its own. */
export interface JobSet {
  label: string;
  dataset: string;
  rows: number | null;
  dataAsOf: Date | null;
  runId: number | null;
  state: SetState | null;
  errorCode: string | null;
  errorMessage: string | null;
}

export const jobSetsQuery = (jobId: number) =>
  queryOptions({
    queryKey: ["jobs", jobId, "sets"],
    queryFn: async ({ signal }) =>
      (await get<JobSetWire[]>(`/api/jobs/${jobId}/sets`, undefined, signal)).map(
        (wire): JobSet => ({
          label: wire.label,
          dataset: wire.dataset,
          rows: wire.rows,
          dataAsOf: momentOrNull(wire.data_as_of),
          runId: wire.run_id,
          state: wire.state as SetState | null,
          errorCode: wire.error_code,
          errorMessage: wire.error_message,
        }),
      ),
  });

/** Run a job now for these sets alone. */
export async function startSets(jobId: number, labels: string[]): Promise<Run> {
  return toRun(await change<RunWire>("POST", `/api/jobs/${jobId}/sets/runs`, { labels }));
}

/** One set of a run. */
export interface RunSet {
  position: number;
  label: string;
  dataset: string | null;
  state: SetState;
  rows: number | null;
  sizeBytes: number | null;
  durationMs: number | null;
  errorCode: string | null;
  errorMessage: string | null;
  warning: string | null;
}

export const runSetsQuery = (runId: number) =>
  queryOptions({
    queryKey: ["runs", "sets", runId],
    queryFn: async ({ signal }) =>
      (await get<RunSetWire[]>(`/api/runs/${runId}/sets`, undefined, signal)).map(
        (wire): RunSet => ({
          position: wire.position,
          label: wire.label,
          dataset: wire.dataset,
          state: wire.state as SetState,
          rows: wire.rows,
          sizeBytes: wire.size_bytes,
          durationMs: wire.duration_ms,
          errorCode: wire.error_code,
          errorMessage: wire.error_message,
          warning: wire.warning,
        }),
      ),
  });

/** A set that a query answers with now, and what its file would be called. */
export interface FoundSet extends ParameterSet {
  fileName: string;
}

/** The sets a query answers with, asked when somebody wants to see them. */
export const foundSetsQuery = (
  wanted: Omit<PreviewRequest, "sql" | "jobId" | "dialect" | "setValues">,
  { parameters, query }: ParameterSets,
  exportName: string,
) =>
  queryOptions({
    queryKey: ["found-sets", wanted, parameters, query, exportName],
    queryFn: async () => {
      const wire = await change<FoundSetsWire>("POST", "/api/preview/sets", {
        connection_id: wanted.connectionId,
        time_zone: wanted.timeZone,
        days_offset: wanted.daysOffset,
        last_data_date: wanted.lastDataDate,
        calendar_id: wanted.calendarId,
        sql_script: query ?? "",
        export_name: exportName,
        parameters,
      });
      return wire.sets.map((one): FoundSet => ({
        label: one.label,
        values: one.values,
        fileName: one.file_name,
      }));
    },
    enabled: false,
    retry: false,
    staleTime: Infinity,
  });
