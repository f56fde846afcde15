import { Button, Checkbox, Text } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { jobSetsQuery, startSets } from "@/api/job-sets";
import { jobsQuery, type Job } from "@/api/jobs";
import { useFormats } from "@/i18n/use-formats";
import { ErrorPanel } from "@/ui/error-panel";
import { useInterval } from "@/ui/live";
import { Section } from "@/ui/section";
import { useMay } from "@/ui/session-context";
import { SetStateTag } from "@/ui/set-state-tag";
import { TableSkeleton } from "@/ui/table-skeleton";
import { useAction } from "@/ui/use-action";

interface JobSetsProps {
  job: Job;
  /** Then the page is not left. */
  isDirty: boolean;
}

/** The files of a job's sets with their data, and running some of them now. */
export function JobSets({ job, isDirty }: JobSetsProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const navigate = useNavigate();
  const mayRun = useMay("runs.control");
  const sets = useQuery({
    ...jobSetsQuery(job.jobId),
    enabled: job.parameterSets !== null,
    refetchInterval: useInterval(10_000),
  });
  const [marked, setMarked] = useState<string[]>([]);
  // Files of sets that were taken out of the job are still here, and so may be their marks.
  const written = job.parameterSets?.sets ?? null;
  const known = new Set(written?.map((one) => one.label));
  const isKnown = (label: string) => written === null || known.has(label);
  const labels = (sets.data ?? []).map((one) => one.label).filter(isKnown);
  const chosen = labels.filter((label) => marked.includes(label));
  const run = useAction({
    run: () => startSets(job.jobId, chosen),
    invalidates: [jobsQuery.queryKey, ["runs"]],
    done: (started) => t("jobs.started", { id: started.runId, name: job.name }),
    onDone: ({ runId }) => {
      if (!isDirty) void navigate({ to: "/runs/$runId", params: { runId: String(runId) } });
    },
  });
  if (job.parameterSets === null) return null;
  if (sets.data === undefined) {
    return sets.isError ? (
      <ErrorPanel error={sets.error} onRetry={sets.refetch} />
    ) : (
      <div className="panel">
        <TableSkeleton rows={3} />
      </div>
    );
  }
  if (sets.data.length === 0) return null;
  return (
    <Section
      title={t("sets.ofJob")}
      aside={
        mayRun && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlayerPlay size={14} />}
            disabled={chosen.length === 0}
            loading={run.isPending}
            onClick={() => run.mutate()}
          >
            {t("sets.runChosen", { n: formats.number(chosen.length) })}
          </Button>
        )
      }
      isFlush
    >
      <div className="scroll-x" style={{ maxHeight: 420, overflowY: "auto" }}>
        <table className="table" aria-label={t("sets.ofJob")}>
          <thead>
            <tr>
              {mayRun && (
                <td>
                  <Checkbox
                    aria-label={t("sets.chooseAll")}
                    checked={chosen.length > 0 && chosen.length === labels.length}
                    indeterminate={chosen.length > 0 && chosen.length < labels.length}
                    disabled={labels.length === 0}
                    onChange={(event) => setMarked(event.currentTarget.checked ? labels : [])}
                  />
                </td>
              )}
              <th scope="col">{t("sets.label")}</th>
              <th scope="col" className="num">
                {t("runs.columns.rows")}
              </th>
              <th scope="col">{t("runs.columns.state")}</th>
            </tr>
          </thead>
          <tbody>
            {sets.data.map((one) => (
              <tr key={one.label}>
                {mayRun && (
                  <td>
                    <Checkbox
                      aria-label={t("sets.choose", { label: one.label })}
                      checked={chosen.includes(one.label)}
                      disabled={!isKnown(one.label)}
                      onChange={(event) =>
                        setMarked(
                          event.currentTarget.checked
                            ? [...chosen, one.label]
                            : chosen.filter((label) => label !== one.label),
                        )
                      }
                    />
                  </td>
                )}
                <td style={{ overflowWrap: "anywhere" }}>
                  {one.dataAsOf === null ? (
                    one.label
                  ) : (
                    <Link to="/datasets/$" params={{ _splat: one.dataset }}>
                      {one.label}
                    </Link>
                  )}
                  {one.dataAsOf !== null && (
                    <Text size="xs" c="dimmed">
                      {formats.dateTime(one.dataAsOf)}
                    </Text>
                  )}
                </td>
                <td className="num">{one.rows === null ? "–" : formats.number(one.rows)}</td>
                <td>{one.state === null ? "–" : <SetStateTag state={one.state} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
