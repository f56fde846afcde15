import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { datasetsQuery } from "@/api/datasets";
import { useFormats } from "@/i18n/use-formats";
import { ErrorPanel } from "@/ui/error-panel";
import { useInterval } from "@/ui/live";
import { RelativeTime } from "@/ui/relative-time";
import { Section } from "@/ui/section";
import { TableSkeleton } from "@/ui/table-skeleton";
import classes from "./home.module.css";

const SHOWN = 12;

/** Datasets, the freshest first. */
export function FreshData() {
  const { t } = useTranslation();
  const formats = useFormats();
  const datasets = useQuery({ ...datasetsQuery, refetchInterval: useInterval(10_000) });
  const items = datasets.data
    ?.toSorted((a, b) => b.asOf.getTime() - a.asOf.getTime())
    .slice(0, SHOWN);
  return (
    <Section
      title={t("home.datasets")}
      isFlush
      aside={
        <Link to="/datasets" style={{ fontSize: 12 }}>
          {t("home.seeAll")}
        </Link>
      }
    >
      {items === undefined && datasets.isError && (
        <ErrorPanel error={datasets.error} onRetry={datasets.refetch} />
      )}
      {items === undefined && !datasets.isError && <TableSkeleton rows={4} />}
      {items?.length === 0 && (
        <div style={{ padding: 16 }}>
          <Text size="sm" fw={600}>
            {t("home.datasetsEmpty")}
          </Text>
          <Text size="xs" c="dimmed">
            {t("home.datasetsEmptyHelp")}
          </Text>
        </div>
      )}
      {items !== undefined && items.length > 0 && (
        <ul className={classes.list}>
          {items.map((dataset) => (
            <li key={dataset.datasetId}>
              <Link to="/datasets/$" params={{ _splat: dataset.name }} className={classes.entry}>
                <span className={classes.what}>
                  <span className="truncate" title={dataset.name}>
                    {dataset.name}
                  </span>
                  <span className={classes.why}>
                    {t("values.rows", { count: dataset.rows, n: formats.number(dataset.rows) })}
                  </span>
                </span>
                <span className={classes.when}>
                  <RelativeTime at={dataset.asOf} />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
