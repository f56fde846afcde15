import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { ParameterSet } from "@/api/job-sets";
import type { Job, JobDraft } from "@/api/jobs";
import { checkColumns, type ColumnConcern, type PreviewRequest } from "@/api/previews";

/** What the database is asked about the query of a draft; null: nothing can be asked yet. */
export function questionOf(
  draft: JobDraft,
  jobId: number | null,
  tried: ParameterSet | null = null,
): PreviewRequest | null {
  const { sql, connectionId, timeZone, daysOffset, lastDataDate, calendarId } = draft;
  const { dialect, parameterSets } = draft;
  if (connectionId === null || sql.trim() === "") return null;
  if (parameterSets !== null && tried === null) return null;
  const setValues = (parameterSets?.parameters ?? []).map(({ name, type }) => ({
    name,
    type,
    value: tried?.values[name] ?? null,
  }));
  const context = { timeZone, daysOffset, lastDataDate, calendarId };
  return { connectionId, sql, ...context, jobId, dialect, setValues };
}

interface ColumnCheckOptions {
  /** Null for a new job. */
  base: Job | null;
  /** Nobody reads what changes, or it is saved all the same. */
  onFree: (draft: JobDraft) => void;
}

export interface ColumnCheck {
  isPending: boolean;
  concerns: ColumnConcern[];
  ask: (draft: JobDraft) => void;
  accept: () => void;
  close: () => void;
}

/** Asks before a job is saved whose query takes columns away from those who read them. */
export function useColumnCheck({ base, onFree }: ColumnCheckOptions): ColumnCheck {
  const [waiting, setWaiting] = useState<JobDraft | null>(null);
  const check = useMutation({
    mutationFn: (draft: JobDraft) => concernsOf(draft, base),
    onSuccess: (concerns, draft) => (concerns.length > 0 ? setWaiting(draft) : onFree(draft)),
    // A source that cannot be asked now keeps nobody from saving.
    onError: (_, draft) => onFree(draft),
  });
  return {
    isPending: check.isPending,
    concerns: waiting === null ? [] : (check.data ?? []),
    ask: check.mutate,
    accept: () => {
      setWaiting(null);
      if (waiting !== null) onFree(waiting);
    },
    close: () => setWaiting(null),
  };
}

/** Nothing where the columns cannot have changed, or nothing is published. */
async function concernsOf(draft: JobDraft, base: Job | null): Promise<ColumnConcern[]> {
  if (base === null || draft.jobKind !== "export") return [];
  const isSame =
    draft.sql === base.sql &&
    draft.connectionId === base.connectionId &&
    JSON.stringify(draft.dialect) === JSON.stringify(base.dialect);
  if (isSame || base.dataset === null) return [];
  const question = questionOf(draft, base.jobId);
  return question === null ? [] : checkColumns(base.jobId, question);
}
