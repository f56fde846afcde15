import { Button, Checkbox, Text } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { jobSetsQuery, startSets } from "@/api/job-sets";
import { jobsQuery, type Job } from "@/api/jobs";
import { useFormats } from "@/i18n/use-formats";
import { useInterval } from "@/ui/live";
import { Section } from "@/ui/section";
import { useMay } from "@/ui/session-context";
import { SetStateTag } from "@/ui/set-state-tag";
import { useAction } from "@/ui/use-action";

/** The files of a job's sets with their data, and running some of them now. */
export function JobSets({ job }: { job: Job }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const navigate = useNavigate();
  const mayRun = useMay("runs.control");
  const sets = useQuery({
    ...jobSetsQuery(job.jobId),
    enabled: job.parameterSets !== null,
    refetchInterval: useInterval(10_000),
  });
  const [chosen, setChosen] = useState<string[]>([]);
  const run = useAction({
    run: () => startSets(job.jobId, chosen),
    invalidates: [jobsQuery.queryKey, ["runs"]],
    done: (started) => t("jobs.started", { id: started.runId, name: job.name }),
    onDone: (started) =>
      void navigate({ to: "/runs/$runId", params: { runId: String(started.runId) } }),
  });
  if (job.parameterSets === null || !sets.data || sets.data.length === 0) return null;
  const labels = sets.data.map((one) => one.label);
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
            {t("sets.runChosen", { n: chosen.length })}
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
                    checked={chosen.length === labels.length}
                    indeterminate={chosen.length > 0 && chosen.length < labels.length}
                    onChange={(event) => setChosen(event.currentTarget.checked ? labels : [])}
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
                      onChange={(event) =>
                        setChosen(
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
