import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { jobQuery } from "@/api/jobs";
import { dayIn, isDay } from "@/features/occurrences/days";
import { Why } from "@/features/occurrences/why";
import { useNow } from "@/ui/clock";
import { Crumb } from "@/ui/crumb";
import { LiveToggle } from "@/ui/live";
import { Page } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { NotFoundPage } from "./not-found-page";

const route = getRouteApi("/shell/jobs/$jobId/why");

export function WhyPage() {
  const { t } = useTranslation();
  const jobId = Number(route.useParams().jobId);
  const { from, to } = route.useSearch();
  const navigate = useNavigate();
  const now = useNow(60);
  const isJob = Number.isSafeInteger(jobId) && jobId > 0;
  const job = useQuery({ ...jobQuery(jobId), enabled: isJob });
  if (!isJob) return <NotFoundPage />;
  return (
    <Page
      title={t("why.title")}
      tab={job.data ? `${t("why.title")} ${job.data.name}` : t("why.title")}
      above={<Crumb to="/jobs" label={t("jobs.title")} />}
      subtitle={
        job.data && (
          <Link to="/jobs/$jobId" params={{ jobId: String(jobId) }}>
            {job.data.name}
          </Link>
        )
      }
      actions={<LiveToggle />}
    >
      <QueryView query={job}>
        {(found) => {
          const today = dayIn(found.effectiveTimeZone, now);
          const first = isDay(from) ? from : today;
          return (
            <Why
              jobId={jobId}
              today={today}
              range={{ from: first, to: isDay(to) ? to : first }}
              onRange={(search) =>
                void navigate({
                  to: "/jobs/$jobId/why",
                  params: { jobId: String(jobId) },
                  search,
                  replace: true,
                })
              }
            />
          );
        }}
      </QueryView>
    </Page>
  );
}
