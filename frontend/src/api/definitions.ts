import { request } from "./client";
import type { JobDiff } from "./job-versions";
import type { FieldProblem } from "./problem";
import type { DefinitionOutcomesWire, DefinitionOutcomeWire } from "./wire";

/** What the server takes at most. */
export const MAX_FILE_BYTES = 8 * 1024 * 1024;
export const MAX_JOBS = 500;

const PATH = "/api/jobs/definitions";

/** What an import does with a job of the file. */
export interface Outcome {
  /** Its place in the file. */
  index: number;
  name: string;
  state: DefinitionOutcomeWire["state"];
  jobId: number | null;
  /** The one that is compared with; null: the job is not there. */
  revision: number | null;
  diff: JobDiff;
  errors: FieldProblem[];
}

export interface Outcomes {
  /** What is new or changed waits for somebody's approval. */
  isProposed: boolean;
  jobs: Outcome[];
}

function toOutcome(wire: DefinitionOutcomeWire): Outcome {
  return {
    index: wire.index,
    name: wire.job_name,
    state: wire.state,
    jobId: wire.job_id,
    revision: wire.revision,
    diff: {
      fields: wire.fields.map(({ field, before, after }) => ({ field, before, after })),
      sql: wire.sql,
    },
    errors: wire.errors,
  };
}

async function send(path: string, text: string): Promise<Outcomes> {
  const { data } = await request<DefinitionOutcomesWire>(path, { method: "POST", text });
  return { isProposed: data.proposed, jobs: data.jobs.map(toOutcome) };
}

/** The address of a file with these jobs; null: with all. */
export function exportAddress(jobIds: readonly number[] | null): string {
  return jobIds === null ? PATH : `${PATH}?job_id=${jobIds.join(",")}`;
}

/** What importing the file would do; nothing is saved. */
export async function tryDefinitions(text: string): Promise<Outcomes> {
  return send(`${PATH}/dry-run`, text);
}

/** Import these jobs of the file, each as it was when it was looked at. */
export async function importDefinitions(
  text: string,
  chosen: readonly Outcome[],
): Promise<Outcomes> {
  const names = chosen.map(({ name, revision }) => ({ job_name: name, revision }));
  return send(PATH, withMember(text, "chosen", names));
}

/** A JSON object with one more member; all else stays as it is written, to the last digit. */
export function withMember(text: string, name: string, value: unknown): string {
  const end = text.lastIndexOf("}");
  return `${text.slice(0, end)},${JSON.stringify(name)}:${JSON.stringify(value)}}`;
}
