import { MAX_FILE_BYTES, type Outcome } from "@/api/definitions";
import type { FieldProblem } from "@/api/problem";

/** Why a file is not even sent. */
export type FileFault =
  | { kind: "tooLarge"; megabytes: number }
  | { kind: "notJson"; detail: string }
  | { kind: "notDefinitions" };

function faultOf(text: string): FileFault | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null;
    const holdsJobs = isObject && "jobs" in value && Array.isArray(value.jobs);
    return holdsJobs ? null : { kind: "notDefinitions" };
  } catch (error) {
    return { kind: "notJson", detail: error instanceof Error ? error.message : "" };
  }
}

/** The text of a file of definitions, or why it is none. */
export async function readFile(file: File): Promise<string | FileFault> {
  if (file.size > MAX_FILE_BYTES) {
    return { kind: "tooLarge", megabytes: MAX_FILE_BYTES / 1024 / 1024 };
  }
  const text = await file.text();
  return faultOf(text) ?? text;
}

const ORDER: readonly Outcome["state"][] = ["refused", "changed", "new", "same"];

/** What has to be looked at: what is refused first, without what is the same. */
export function toLookAt(jobs: readonly Outcome[]): Outcome[] {
  return jobs
    .filter((job) => job.state !== "same")
    .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.index - b.index);
}

export function isTakeable(job: Outcome): boolean {
  return job.state === "new" || job.state === "changed";
}

/** The faults of an import that was refused, by the places of their jobs in the file. */
export function faultsByJob(errors: readonly FieldProblem[]): Map<number, FieldProblem[]> {
  const found = new Map<number, FieldProblem[]>();
  for (const fault of errors) {
    const index = /^jobs\[(\d+)\]/.exec(fault.field)?.[1];
    if (index === undefined) continue;
    found.set(Number(index), [...(found.get(Number(index)) ?? []), fault]);
  }
  return found;
}
