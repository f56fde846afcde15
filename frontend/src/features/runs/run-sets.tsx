import { Button, Group, Text } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { runSetsQuery, startSets, type RunSet } from "@/api/job-sets";
import { isActive, type RunDetail } from "@/api/runs";
import { useFormats } from "@/i18n/use-formats";
import { useProblemText } from "@/i18n/use-problem-text";
import { ErrorPanel } from "@/ui/error-panel";
import { useFastInterval } from "@/ui/live";
import { Section } from "@/ui/section";
import { useMay } from "@/ui/session-context";
import { SetStateTag } from "@/ui/set-state-tag";
import { useAction } from "@/ui/use-action";
import { WIDE } from "./run-table-row";

/** How far each parameter set of a run is; nothing for a run without any. */
export function RunSets({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const interval = useFastInterval(1000);
  const isLive = isActive(run);
  const sets = useQuery({
    ...runSetsQuery(run.runId),
    refetchInterval: isLive ? interval : false,
  });
  if (sets.data === undefined) {
    return sets.isError ? <ErrorPanel error={sets.error} onRetry={sets.refetch} /> : null;
  }
  if (sets.data.length === 0) return null;
  const done = sets.data.filter((one) => one.state === "done").length;
  return (
    <Section
      title={t("sets.ofRun")}
      aside={
        <Group gap="xs">
          <Text size="xs" c="dimmed">
            {t("sets.doneOf", {
              n: formats.number(done),
              total: formats.number(sets.data.length),
            })}
          </Text>
          {!isLive && <RunFailed run={run} sets={sets.data} />}
        </Group>
      }
      isFlush
    >
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t("runs.columns.state")}</th>
              <th scope="col">{t("sets.label")}</th>
              {[t("runs.columns.rows"), t("runs.columns.size"), t("sets.time")].map((title) => (
                <th key={title} scope="col" className={`num ${WIDE}`}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sets.data.map((one) => (
              <SetRow key={one.position} one={one} />
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function SetRow({ one }: { one: RunSet }) {
  const formats = useFormats();
  const problemText = useProblemText();
  const { rows, sizeBytes, durationMs, errorCode, errorMessage } = one;
  const figures = [
    rows === null ? null : formats.number(rows),
    sizeBytes === null ? null : formats.bytes(sizeBytes),
    durationMs === null ? null : formats.duration(durationMs),
  ];
  return (
    <tr>
      <td>
        <SetStateTag state={one.state} />
      </td>
      <td style={{ overflowWrap: "anywhere", minWidth: 130 }}>
        {one.dataset === null || one.state !== "done" ? (
          one.label
        ) : (
          <Link to="/datasets/$" params={{ _splat: one.dataset }}>
            {one.label}
          </Link>
        )}
        <Text size="xs" hiddenFrom="sm">
          {figures.filter((figure) => figure !== null).join(" · ")}
        </Text>
        {errorCode !== null && (
          <Text size="xs" c="var(--mantine-color-error)">
            {problemText.ofCode(errorCode, errorMessage ?? errorCode).title}: {errorMessage}
          </Text>
        )}
        {one.warning !== null && (
          <Text size="xs" c="dimmed">
            {one.warning}
          </Text>
        )}
      </td>
      {figures.map((figure, index) => (
        // a figure is its place
        <td key={index} className={`num ${WIDE}`}>
          {figure ?? "–"}
        </td>
      ))}
    </tr>
  );
}

/** The files of the others stay as they are. */
function RunFailed({ run, sets }: { run: RunDetail; sets: RunSet[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const navigate = useNavigate();
  const mayControl = useMay("runs.control");
  const labels = sets
    .filter((one) => one.state === "failed" || one.state === "not_run")
    .map((one) => one.label);
  const again = useAction({
    run: () => startSets(run.jobId ?? 0, labels),
    invalidates: [["runs"], ["jobs"], ["overview"]],
    done: (started) => t("jobs.started", { id: started.runId, name: run.jobName }),
    onDone: (started) =>
      void navigate({ to: "/runs/$runId", params: { runId: String(started.runId) } }),
  });
  if (!mayControl || run.jobId === null || labels.length === 0) return null;
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<IconPlayerPlay size={14} />}
      loading={again.isPending}
      onClick={() => again.mutate()}
    >
      {t("sets.runFailed", { n: formats.number(labels.length) })}
    </Button>
  );
}
