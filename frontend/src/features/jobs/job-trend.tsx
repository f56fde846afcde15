import { useTranslation } from "react-i18next";
import type { Run } from "@/api/runs";
import { useFormats } from "@/i18n/use-formats";
import { Sparkline } from "@/ui/sparkline";

/** The last runs of a job as bars: how long each took. */
export function JobTrend({ runs }: { runs: Run[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const newest = runs.at(-1);
  if (newest === undefined) return null;
  const latest = newest.durationMs === null ? "–" : formats.duration(newest.durationMs);
  return (
    <Sparkline
      points={runs.map((run) => ({ value: run.durationMs, state: run.state }))}
      label={t("jobs.trendLabel", { n: runs.length, latest })}
    />
  );
}
