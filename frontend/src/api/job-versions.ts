import { queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import { moment } from "./convert";
import type { JobDiffWire, JobVersionWire, ProposalWire } from "./wire";

export interface JobVersion {
  revision: number;
  savedAt: Date;
  savedBy: string | null;
  changed: string[];
}

export interface JobDiff {
  fields: { field: string; before: unknown; after: unknown }[];
  sql: string;
}

export interface Proposal {
  proposalId: number;
  proposedBy: string;
  proposedAt: Date;
  note: string | null;
  diff: JobDiff;
}

function toJobVersion(wire: JobVersionWire): JobVersion {
  return {
    revision: wire.revision,
    savedAt: moment(wire.saved_at),
    savedBy: wire.saved_by,
    changed: wire.changed,
  };
}

function toJobDiff(wire: JobDiffWire): JobDiff {
  return {
    fields: wire.fields.map(({ field, before, after }) => ({ field, before, after })),
    sql: wire.sql,
  };
}

function toProposal(wire: ProposalWire): Proposal {
  return {
    proposalId: wire.proposal_id,
    proposedBy: wire.proposed_by,
    proposedAt: moment(wire.proposed_at),
    note: wire.note,
    diff: toJobDiff(wire.diff),
  };
}

export const jobVersionsQuery = (jobId: number) =>
  queryOptions({
    queryKey: ["jobs", jobId, "versions"],
    queryFn: async ({ signal }) =>
      (await get<JobVersionWire[]>(`/api/jobs/${jobId}/versions`, undefined, signal)).map(
        toJobVersion,
      ),
  });

export const jobDiffQuery = (jobId: number, revision: number) =>
  queryOptions({
    queryKey: ["jobs", jobId, "versions", revision, "diff"],
    queryFn: async ({ signal }) =>
      toJobDiff(
        await get<JobDiffWire>(`/api/jobs/${jobId}/versions/${revision}/diff`, undefined, signal),
      ),
  });

export async function restoreJobVersion(jobId: number, revision: number): Promise<void> {
  await change("POST", `/api/jobs/${jobId}/versions/${revision}/restore`);
}

export const proposalsQuery = (jobId: number) =>
  queryOptions({
    queryKey: ["jobs", jobId, "proposals"],
    queryFn: async ({ signal }) => {
      const filter = { state: "waiting", job_id: jobId };
      return (await get<ProposalWire[]>("/api/proposals", filter, signal)).map(toProposal);
    },
  });

export async function decideProposal(
  proposalId: number,
  decision: "approve" | "refuse",
): Promise<void> {
  await change("POST", `/api/proposals/${proposalId}/${decision}`, {});
}
