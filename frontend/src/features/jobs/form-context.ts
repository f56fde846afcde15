import { createFormContext } from "@mantine/form";
import type { JobDraft } from "@/api/jobs";

/** The form of the job editor, shared by its sections. */
export const [JobFormProvider, useJobForm, useNewJobForm] = createFormContext<JobDraft>();
