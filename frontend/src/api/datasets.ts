import { queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import { moment, momentOrNull } from "./convert";
import type { DatasetReaderWire, DatasetWire } from "./wire";

export interface Column {
  name: string;
  type: string;
  nativeType: string;
}

/** A dataset that a job published, and its current version. */
export interface Dataset {
  datasetId: number;
  name: string;
  jobId: number | null;
  jobName: string | null;
  isJobActive: boolean;
  nextDueAt: Date | null;
  versionId: number;
  runId: number | null;
  rows: number;
  sizeBytes: number;
  columns: Column[];
  asOf: Date;
  publishedAt: Date;
  path: string;
  /** By when new data must be there, as 07:30; null: nobody waits for them. */
  expectedBy: string | null;
  expectedAt: Date | null;
  freshness: Freshness | null;
  lastReadAt: Date | null;
  /** Nobody has read it for long; null: reads are not known for so long yet. */
  isUnused: boolean | null;
  readsKnownSince: Date;
}

export type Freshness = "fresh" | "due" | "late" | "never";

/** Somebody who has read a dataset with one tool. */
export interface DatasetReader {
  kind: ReaderKind;
  reader: string;
  tool: string;
  reads: number;
  bytesSent: number;
  lastReadAt: Date;
}

const READER_KINDS = ["user", "key", "file_key"] as const;
type ReaderKind = (typeof READER_KINDS)[number];

function toColumn(wire: Record<string, unknown>): Column {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    name: text(wire.name),
    type: text(wire.type),
    nativeType: text(wire.native_type),
  };
}

function toDataset(wire: DatasetWire): Dataset {
  return {
    datasetId: wire.dataset_id,
    name: wire.name,
    jobId: wire.job_id,
    jobName: wire.job_name,
    isJobActive: wire.job_status === "Y",
    nextDueAt: momentOrNull(wire.next_due_at),
    versionId: wire.version,
    runId: wire.run_id,
    rows: wire.rows,
    sizeBytes: wire.size_bytes,
    columns: wire.columns.map(toColumn),
    asOf: moment(wire.data_as_of),
    publishedAt: moment(wire.published_at),
    path: wire.target_path,
    expectedBy: wire.expected_by,
    expectedAt: momentOrNull(wire.expected_at),
    freshness: wire.freshness,
    lastReadAt: momentOrNull(wire.last_read_at),
    isUnused: wire.unused,
    readsKnownSince: moment(wire.reads_known_since),
  };
}

/** The path under which programs read a dataset. */
export function dataPath(name: string): string {
  return `/api/data/datasets/${name.split("/").map(encodeURIComponent).join("/")}`;
}

export const OPENING_FILES = ["odc", "pbids", "pq"] as const;

/** A file that opens the dataset in Excel, Power BI or Power Query. */
export function openingPath(name: string, end: (typeof OPENING_FILES)[number]): string {
  return `/api/data/open/${name.split("/").map(encodeURIComponent).join("/")}.${end}`;
}

/** Every name that can be read, also files that no job published. */
export const datasetNamesQuery = queryOptions({
  queryKey: ["datasets", "names"],
  queryFn: ({ signal }) => get<string[]>("/api/data/datasets", undefined, signal),
});

export const datasetsQuery = queryOptions({
  queryKey: ["datasets", "list"],
  queryFn: async ({ signal }) =>
    (await get<DatasetWire[]>("/api/datasets", undefined, signal)).map(toDataset),
});

function toReader(wire: DatasetReaderWire): DatasetReader {
  return {
    kind: READER_KINDS.find((kind) => kind === wire.kind) ?? "user",
    reader: wire.reader,
    tool: wire.tool,
    reads: wire.reads,
    bytesSent: wire.bytes_sent,
    lastReadAt: moment(wire.last_read_at),
  };
}

export const datasetReadersQuery = (datasetId: number) =>
  queryOptions({
    queryKey: ["datasets", "readers", datasetId],
    queryFn: async ({ signal }) =>
      (await get<DatasetReaderWire[]>(`/api/datasets/${datasetId}/readers`, undefined, signal)).map(
        toReader,
      ),
  });

/** `time`: 07:30, or null when nobody waits for the data any more. */
export async function setExpectation(datasetId: number, time: string | null): Promise<void> {
  await change("PUT", `/api/datasets/${datasetId}/expectation`, { expected_by: time });
}
