import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { runTablesQuery } from "@/api/run-tables";
import { useFormats } from "@/i18n/use-formats";
import { ErrorPanel } from "@/ui/error-panel";
import { useFastInterval } from "@/ui/live";
import { Section } from "@/ui/section";
import { RunTableRow, WIDE } from "./run-table-row";

/** How far each table of a run is, followed while it works; nothing for a run that exports. */
export function RunTables({ runId, isLive }: { runId: number; isLive: boolean }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const interval = useFastInterval(1000);
  const tables = useQuery({
    ...runTablesQuery(runId),
    refetchInterval: isLive ? interval : false,
  });
  if (tables.data === undefined) {
    return tables.isError ? <ErrorPanel error={tables.error} onRetry={tables.refetch} /> : null;
  }
  if (tables.data.length === 0) return null;
  const hasChanges = tables.data.some(
    ({ inserted, deleted }) => inserted !== null || deleted !== null,
  );
  const titles = [
    t("runs.columns.rows"),
    ...(hasChanges ? [t("movement.changes")] : []),
    t("runs.columns.size"),
    t("movement.time"),
  ];
  const done = tables.data.filter((table) => table.state === "done").length;
  return (
    <Section
      title={t("movement.runTables")}
      aside={
        <Text size="xs" c="dimmed">
          {t("movement.doneOf", {
            n: formats.number(done),
            total: formats.number(tables.data.length),
          })}
        </Text>
      }
      isFlush
    >
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t("runs.columns.state")}</th>
              <th scope="col">{t("movement.table")}</th>
              {titles.map((title) => (
                <th key={title} scope="col" className={`num ${WIDE}`}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {tables.data.map((table) => (
              <RunTableRow
                key={table.position}
                table={table}
                isLive={isLive}
                hasChanges={hasChanges}
              />
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
