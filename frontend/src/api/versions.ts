import { queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import { moment, momentOrNull } from "./convert";
import type { DiffWire, VersionWire } from "./wire";

/** A check that a held version failed. */
export interface Finding {
  guard: string;
  message: string;
  expected: string | number | null;
  found: string | number | null;
  columns: string[];
}

export interface Version {
  versionId: number;
  runId: number | null;
  rows: number;
  sizeBytes: number;
  asOf: Date;
  publishedAt: Date;
  /** Set once its file has been deleted. */
  removedAt: Date | null;
  isCurrent: boolean;
  /** A check keeps it from readers until somebody decides. */
  isHeld: boolean;
  findings: Finding[];
  releasedBy: string | null;
  restoredBy: string | null;
  discardedBy: string | null;
  files: number;
}

export type TextRow = Record<string, string | null>;

/** A row that both versions have, and the values that differ. */
export interface ChangedRow {
  key: TextRow;
  cells: { column: string; before: string | null; after: string | null }[];
}

/** What the other version has more, less and otherwise, row by row. */
export interface Difference {
  fromVersion: number;
  toVersion: number;
  key: string[];
  added: number;
  removed: number;
  changed: number;
  unchanged: number;
  columnsAdded: string[];
  columnsGone: string[];
  addedRows: TextRow[];
  removedRows: TextRow[];
  changedRows: ChangedRow[];
}

function toVersion(wire: VersionWire): Version {
  return {
    versionId: wire.version,
    runId: wire.run_id,
    rows: wire.rows,
    sizeBytes: wire.size_bytes,
    asOf: moment(wire.data_as_of),
    publishedAt: moment(wire.published_at),
    removedAt: momentOrNull(wire.removed_at),
    isCurrent: wire.current,
    isHeld: wire.held,
    findings: wire.findings,
    releasedBy: wire.released_by,
    restoredBy: wire.restored_by,
    discardedBy: wire.discarded_by,
    files: wire.files.length,
  };
}

function toChangedRow({ key, cells }: DiffWire["changed_rows"][number]): ChangedRow {
  return {
    key,
    cells: cells.map((cell) => ({ column: cell.column, before: cell.old, after: cell.new })),
  };
}

export const versionsQuery = (datasetId: number) =>
  queryOptions({
    queryKey: ["datasets", "versions", datasetId],
    queryFn: async ({ signal }) =>
      (await get<VersionWire[]>(`/api/datasets/${datasetId}/versions`, undefined, signal)).map(
        toVersion,
      ),
  });

export type Decision = "restore" | "release" | "discard";

export async function decideVersion(versionId: number, decision: Decision): Promise<void> {
  await change("POST", `/api/versions/${versionId}/${decision}`);
}

export const DIFFERENCE_ROWS = 100;

interface Pair {
  versionId: number;
  toVersionId: number;
  /** Empty: the key of the job. */
  key: readonly string[];
}

/** What `toVersionId` has added, removed or changed against the other version. */
export const differenceQuery = ({ versionId, toVersionId, key }: Pair) =>
  queryOptions({
    queryKey: ["datasets", "difference", versionId, toVersionId, key],
    queryFn: async ({ signal }): Promise<Difference> => {
      const wire = await get<DiffWire>(
        `/api/versions/${versionId}/diff`,
        { to: toVersionId, key, limit: DIFFERENCE_ROWS },
        signal,
      );
      return {
        fromVersion: wire.from_version,
        toVersion: wire.to_version,
        key: wire.key,
        added: wire.added,
        removed: wire.removed,
        changed: wire.changed,
        unchanged: wire.unchanged,
        columnsAdded: wire.columns_added,
        columnsGone: wire.columns_gone,
        addedRows: wire.added_rows,
        removedRows: wire.removed_rows,
        changedRows: wire.changed_rows.map(toChangedRow),
      };
    },
    staleTime: Infinity,
    retry: false,
  });
