import { Button, Group, Stack } from "@mantine/core";
import { IconCalendarPlus, IconDatabase, IconRocket } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { readinessQuery } from "@/api/health";
import { overviewQuery, type Overview } from "@/api/overview";
import { EmptyState } from "@/ui/empty-state";
import { ErrorPanel } from "@/ui/error-panel";
import { useFastInterval, useInterval } from "@/ui/live";
import { useMay } from "@/ui/session-context";
import { TableSkeleton } from "@/ui/table-skeleton";
import { Attention } from "./attention";
import { FreshData } from "./fresh-data";
import { HealthFigures } from "./health-figures";
import classes from "./home.module.css";
import { Today } from "./today";

/** What needs attention, then today, then the data. */
export function Home() {
  const overview = useQuery({ ...overviewQuery, refetchInterval: useInterval(5000) });
  const readiness = useQuery({ ...readinessQuery, refetchInterval: useFastInterval(10_000) });
  if (overview.data === undefined) {
    return overview.isError ? (
      <ErrorPanel error={overview.error} onRetry={overview.refetch} />
    ) : (
      <div className="panel">
        <TableSkeleton rows={8} />
      </div>
    );
  }
  return (
    <>
      <HealthFigures readiness={readiness.data} overview={overview.data} />
      {overview.data.activeJobs + overview.data.inactiveJobs === 0 ? (
        <Welcome />
      ) : (
        <Panels overview={overview.data} />
      )}
    </>
  );
}

function Panels({ overview }: { overview: Overview }) {
  return (
    <div className={classes.columns}>
      <Stack className={classes.main}>
        <Attention overview={overview} />
        <Today overview={overview} />
      </Stack>
      <div className={classes.aside}>
        <FreshData />
      </div>
    </div>
  );
}

function Welcome() {
  const { t } = useTranslation();
  const mayConnect = useMay("connections.edit");
  return (
    <div className="panel">
      <EmptyState
        icon={IconRocket}
        title={t("home.welcome")}
        help={t("home.welcomeHelp")}
        action={
          <Group gap="xs">
            {mayConnect && (
              <Button
                variant="default"
                leftSection={<IconDatabase size={15} />}
                renderRoot={(props) => <Link to="/connections" {...props} />}
              >
                {t("home.stepConnection")}
              </Button>
            )}
            <Button
              leftSection={<IconCalendarPlus size={15} />}
              renderRoot={(props) => <Link to="/jobs/new" {...props} />}
            >
              {t("home.stepJob")}
            </Button>
          </Group>
        }
      />
    </div>
  );
}
