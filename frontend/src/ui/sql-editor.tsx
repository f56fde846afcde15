import type { SQLNamespace } from "@codemirror/lang-sql";
import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";

export interface SqlEditorProps {
  value: string;
  label: string;
  dialect: "postgres" | "oracle";
  onChange?: (value: string) => void;
  hint?: string;
  /** Tables and their columns, for completion. */
  schema?: SQLNamespace;
  isReadOnly?: boolean;
  isInvalid?: boolean;
  /** Where the database found a fault; counts from 1. */
  fault?: { line: number; column: number; message: string } | null;
}

const View = lazy(async () => ({ default: (await import("./sql-editor-view")).SqlEditorView }));

/** SQL with colours and completion; comes when it is needed. */
export function SqlEditor(props: SqlEditorProps) {
  return (
    <Suspense fallback={<Skeleton height={240} />}>
      <View {...props} />
    </Suspense>
  );
}
