import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { connectionsQuery } from "@/api/connections";
import { jobQuery, type Job, type JobDraft } from "@/api/jobs";
import { overviewQuery } from "@/api/overview";
import { Crumb } from "@/ui/crumb";
import { ErrorPanel } from "@/ui/error-panel";
import { Page } from "@/ui/page";
import { TableSkeleton } from "@/ui/table-skeleton";
import { useServerZone } from "@/ui/use-server-zone";
import { cloneOf, NEW_DRAFT } from "./draft";
import { JobEditor } from "./job-editor";

/** A new job, empty or as a copy of another one. */
export function NewJob({ cloneId }: { cloneId: number | undefined }) {
  const { t } = useTranslation();
  const original = useQuery({ ...jobQuery(cloneId ?? 0), enabled: cloneId !== undefined });
  const connections = useQuery(connectionsQuery);
  const overview = useQuery(overviewQuery);
  const serverZone = useServerZone();
  const isReady = cloneId === undefined || original.data !== undefined;
  if (isReady && !connections.isPending && !overview.isPending) {
    return (
      <NewJobForm
        original={original.data}
        onlyConnection={
          connections.data?.length === 1 ? (connections.data[0]?.connectionId ?? null) : null
        }
        defaultZone={serverZone}
      />
    );
  }
  return (
    <Page title={t("job.newTitle")} above={<Crumb to="/jobs" label={t("jobs.title")} />}>
      {original.isError ? (
        <ErrorPanel error={original.error} onRetry={original.refetch} />
      ) : (
        <div className="panel">
          <TableSkeleton rows={8} />
        </div>
      )}
    </Page>
  );
}

interface NewJobFormProps {
  original: Job | undefined;
  onlyConnection: number | null;
  defaultZone: string;
}

function NewJobForm({ original, onlyConnection, defaultZone }: NewJobFormProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const initial = useMemo<JobDraft>(() => {
    if (original === undefined) return { ...NEW_DRAFT, connectionId: onlyConnection };
    return cloneOf(original, t("jobs.cloneName", { name: original.name }));
  }, [original, onlyConnection, t]);
  return (
    <JobEditor
      base={null}
      initial={initial}
      defaultZone={defaultZone}
      above={<Crumb to="/jobs" label={t("jobs.title")} />}
      onSaved={(jobId) =>
        void navigate({ to: "/jobs/$jobId", params: { jobId: String(jobId) }, ignoreBlocker: true })
      }
    />
  );
}
