import type { SQLNamespace } from "@codemirror/lang-sql";
import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";

/** A name that is completed after a colon. */
export interface Completion {
  label: string;
  detail: string;
  info: string;
}

/** A text to write where the cursor is; a new object for each time. */
export interface Insertion {
  text: string;
}

export interface SqlEditorProps {
  value: string;
  label: string;
  dialect: "postgres" | "oracle";
  onChange?: (value: string) => void;
  hint?: string;
  /** Tables and their columns, for completion. */
  schema?: SQLNamespace;
  /** What is completed after a colon. */
  names?: readonly Completion[];
  insertion?: Insertion | null;
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
