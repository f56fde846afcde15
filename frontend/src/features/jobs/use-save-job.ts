import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { createJob, jobQuery, jobsQuery, updateJob, type Job, type JobDraft } from "@/api/jobs";
import { isProblem } from "@/api/problem";
import { useProblemText } from "@/i18n/use-problem-text";
import { fieldErrors } from "@/ui/form-errors";
import { useMay } from "@/ui/session-context";
import { toastDone, toastFailed } from "@/ui/toasts";
import { WIRE_NAMES } from "./draft";

interface SaveOptions {
  /** Null for a new job. */
  base: Job | null;
  onSaved: (jobId: number) => void;
  onConflict: (theirs: Job) => void;
  onFieldErrors: (errors: Record<string, string>) => void;
}

interface Save {
  draft: JobDraft;
  /** The revision to save over; the one that was read unless a conflict was settled. */
  revision?: number;
}

/** Saves a draft; tells conflicts and faulty fields apart from everything else. */
export function useSaveJob({ base, onSaved, onConflict, onFieldErrors }: SaveOptions) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const problemText = useProblemText();
  const mayEdit = useMay("jobs.edit");
  const translate = (code: string) =>
    i18n.exists(`errors.${code}.title`) ? problemText.ofCode(code, "").title : null;
  return useMutation({
    mutationFn: async ({ draft, revision }: Save) => {
      if (base === null) return createJob(draft);
      await updateJob(base, revision ?? base.revision, draft);
      return base.jobId;
    },
    onSuccess: async (jobId, { draft }) => {
      const created = mayEdit ? "job.created" : "job.proposed";
      toastDone(t(base === null ? created : "job.saved", { name: draft.name }));
      await client.invalidateQueries({ queryKey: jobsQuery.queryKey });
      onSaved(jobId);
    },
    onError: async (error) => {
      if (isProblem(error) && error.code === "revision_conflict" && base !== null) {
        onConflict(await client.query({ ...jobQuery(base.jobId), staleTime: 0 }));
        return;
      }
      const errors = fieldErrors(error, WIRE_NAMES, translate);
      onFieldErrors(withSets(error, withQuery(error, errors, problemText.of(error).title)));
      toastFailed(problemText.of(error).title, problemText.of(error).help);
    },
  });
}

/** Faults of the query name no field; they belong to the SQL. */
function withQuery(error: unknown, errors: Record<string, string>, title: string) {
  if (!isProblem(error) || !error.code.startsWith("query_") || "sql" in errors) return errors;
  const position = error.line === null ? "" : ` (${error.line}:${error.column ?? 1})`;
  return { ...errors, sql: `${title}${position}: ${error.detail}` };
}

/** Which row and column of the sets, in the words of the server. */
function withSets(error: unknown, errors: Record<string, string>) {
  const title = errors.parameterSets;
  if (!isProblem(error) || title === undefined) return errors;
  const told = error.errors
    .filter((fault) => fault.field.startsWith("parameter_sets"))
    .map((fault) => fault.message);
  return { ...errors, parameterSets: [`${title}:`, ...told].join(" ") };
}
