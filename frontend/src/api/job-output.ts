import type { DialectWire, GuardsWire, JobDetailWire, JobListItemWire } from "./wire";

export const FILE_FORMATS = ["csv", "tsv", "json", "ndjson", "parquet", "xlsx"] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];
export const COMPRESSIONS = ["none", "gzip", "zstd", "zip"] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** A profile and the members in which the file differs from it, named as the server names them. */
export type Dialect = DialectWire;

/** What a new version must be like to be published; null or false: not asked. */
export interface Guards {
  minRows: number | null;
  maxChangePercent: number | null;
  notEmpty: boolean;
  columns: boolean;
  /** True for every column, or the names of some. */
  notAllNull: boolean | string[];
}

/** Into which files a result is split: so many rows each, or one a month of a column. */
export interface Split {
  by: "rows" | "month";
  rows?: number | null;
  column?: string | null;
}

/** A target, and the file there; an empty path: the name it is exported with. */
export interface JobTarget {
  targetId: number;
  path: string;
}

export interface JobOutput {
  fileFormat: FileFormat;
  compression: Compression;
  /** Null: as in the existing system. */
  dialect: Dialect | null;
  guards: Guards | null;
  versionsKept: number | null;
  versionsKeptDays: number | null;
  /** What tells a row apart; null: nothing does. */
  keyColumns: string[] | null;
  /** By it two connections share the rows; null: one reads them all. */
  parallelColumn: string | null;
  split: Split | null;
  targets: JobTarget[];
}

function toGuards(wire: GuardsWire): Guards {
  return {
    minRows: wire.min_rows ?? null,
    maxChangePercent: wire.max_change_percent ?? null,
    notEmpty: wire.not_empty,
    columns: wire.columns,
    notAllNull: wire.not_all_null,
  };
}

function guardsToWire(guards: Guards): GuardsWire {
  return {
    min_rows: guards.minRows,
    max_change_percent: guards.maxChangePercent,
    not_empty: guards.notEmpty,
    columns: guards.columns,
    not_all_null: guards.notAllNull,
  };
}

export function toOutput(wire: JobListItemWire | JobDetailWire): JobOutput {
  return {
    fileFormat: wire.file_format,
    compression: wire.compression,
    // The answer is what was saved in the form of the request.
    dialect: wire.dialect as Dialect | null,
    guards: wire.guards === null ? null : toGuards(wire.guards),
    versionsKept: wire.versions_kept,
    versionsKeptDays: wire.versions_kept_days,
    keyColumns: wire.key_columns,
    parallelColumn: wire.parallel_column,
    split: wire.split as Split | null,
    targets: wire.targets.map((one) => ({ targetId: one.target_id, path: one.path })),
  };
}

export function outputToWire(output: JobOutput) {
  return {
    file_format: output.fileFormat,
    compression: output.compression,
    dialect: output.dialect,
    guards: output.guards === null ? null : guardsToWire(output.guards),
    versions_kept: output.versionsKept,
    versions_kept_days: output.versionsKeptDays,
    key_columns: output.keyColumns,
    parallel_column: output.parallelColumn,
    split: output.split,
    targets: output.targets.map(({ targetId, path }) => ({ target_id: targetId, path })),
  };
}

const SUFFIXES: Record<Compression, string> = { none: "", gzip: ".gz", zstd: ".zst", zip: ".zip" };

/** Only text is compressed; the other formats are compressed inside. */
export function isText(format: FileFormat): boolean {
  return format !== "parquet" && format !== "xlsx";
}

export function hasDialect(format: FileFormat): boolean {
  return format === "csv" || format === "tsv";
}

/** ".csv", ".ndjson.zst" */
export function extensionOf(output: Pick<JobOutput, "fileFormat" | "compression">): string {
  const packed = isText(output.fileFormat) ? SUFFIXES[output.compression] : "";
  return `.${output.fileFormat}${packed}`;
}
