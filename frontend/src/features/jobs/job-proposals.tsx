import { Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { decideProposal, proposalsQuery, type Proposal } from "@/api/job-versions";
import { RelativeTime } from "@/ui/relative-time";
import { Section } from "@/ui/section";
import { useMay } from "@/ui/session-context";
import { useAction } from "@/ui/use-action";
import { JobDiffView } from "@/ui/job-diff";

/** Changes somebody proposes; nothing where there are none. */
export function JobProposals({ jobId }: { jobId: number }) {
  const { t } = useTranslation();
  const proposals = useQuery(proposalsQuery(jobId)).data ?? [];
  if (proposals.length === 0) return null;
  return (
    <Section title={t("proposals.title")}>
      <Stack>
        {proposals.map((proposal) => (
          <ProposalView key={proposal.proposalId} proposal={proposal} />
        ))}
      </Stack>
    </Section>
  );
}

function ProposalView({ proposal }: { proposal: Proposal }) {
  const { t } = useTranslation();
  const mayDecide = useMay("jobs.edit");
  const decide = useAction({
    run: (decision: "approve" | "refuse") => decideProposal(proposal.proposalId, decision),
    invalidates: [["jobs"]],
    done: (_, decision) => t(decision === "approve" ? "proposals.approved" : "proposals.refused"),
  });
  return (
    <Stack gap="xs">
      <Text size="sm">
        {t("proposals.by", { name: proposal.proposedBy })} ·{" "}
        <RelativeTime at={proposal.proposedAt} />
      </Text>
      {proposal.note !== null && <Text size="sm">{proposal.note}</Text>}
      <JobDiffView diff={proposal.diff} />
      {mayDecide ? (
        <Group gap="xs">
          <Button
            size="compact-sm"
            loading={decide.isPending}
            onClick={() => decide.mutate("approve")}
          >
            {t("proposals.approve")}
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            disabled={decide.isPending}
            onClick={() => decide.mutate("refuse")}
          >
            {t("proposals.refuse")}
          </Button>
        </Group>
      ) : (
        <Text size="sm" c="dimmed">
          {t("proposals.waits")}
        </Text>
      )}
    </Stack>
  );
}
