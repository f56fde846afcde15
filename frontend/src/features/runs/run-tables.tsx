import { Text } from "@mantine/core";
import {
  IconCircleCheck,
  IconCircleX,
  IconClockPause,
  IconLoader2,
  type Icon,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { runTablesQuery, type RunTable, type TableState } from "@/api/run-tables";
import { useFormats } from "@/i18n/use-formats";
import { useProblemText } from "@/i18n/use-problem-text";
import { ErrorPanel } from "@/ui/error-panel";
import { useFastInterval } from "@/ui/live";
import { Section } from "@/ui/section";
import { Tag } from "@/ui/tag";

const LOOKS: Record<TableState, { tone: "good" | "bad" | "busy" | "wait"; icon: Icon }> = {
  waiting: { tone: "wait", icon: IconClockPause },
  running: { tone: "busy", icon: IconLoader2 },
  committing: { tone: "busy", icon: IconLoader2 },
  done: { tone: "good", icon: IconCircleCheck },
  failed: { tone: "bad", icon: IconCircleX },
};

/** How far each table of a run is; nothing for a run that exports. */
export function RunTables({ runId, isLive }: { runId: number; isLive: boolean }) {
  const { t } = useTranslation();
  const interval = useFastInterval(1000);
  const tables = useQuery({
    ...runTablesQuery(runId),
    refetchInterval: isLive ? interval : false,
  });
  if (tables.data === undefined) {
    return tables.isError ? <ErrorPanel error={tables.error} onRetry={tables.refetch} /> : null;
  }
  if (tables.data.length === 0) return null;
  const done = tables.data.filter((table) => table.state === "done").length;
  return (
    <Section
      title={t("movement.runTables")}
      aside={
        <Text size="xs" c="dimmed">
          {t("movement.doneOf", { n: done, total: tables.data.length })}
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
              <th scope="col" className="num">
                {t("runs.columns.rows")}
              </th>
              <th scope="col" className="num">
                {t("movement.changes")}
              </th>
              <th scope="col" className="num">
                {t("runs.columns.size")}
              </th>
              <th scope="col" className="num">
                {t("movement.time")}
              </th>
            </tr>
          </thead>
          <tbody>
            {tables.data.map((table) => (
              <TableRow key={table.position} table={table} />
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function TableRow({ table }: { table: RunTable }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const problemText = useProblemText();
  const { state, errorCode, errorMessage } = table;
  const look = LOOKS[state];
  const number = (value: number | null) => (value === null ? "–" : formats.number(value));
  return (
    <tr>
      <td>
        <Tag tone={look.tone} icon={look.icon}>
          {t(`movement.states.${state}`)}
        </Tag>
      </td>
      <td style={{ overflowWrap: "anywhere" }}>
        {table.target}
        <Text size="xs" c="dimmed" className="mono">
          {table.source}
        </Text>
        {errorCode !== null && (
          <Text size="xs" c="var(--mantine-color-error)">
            {problemText.ofCode(errorCode, errorMessage ?? errorCode).title}: {errorMessage}
          </Text>
        )}
        {table.notes.map((note) => (
          <Text key={note} size="xs" c="dimmed">
            {note}
          </Text>
        ))}
      </td>
      <td className="num">
        {number(table.rows)}
        {table.isCompared && (
          <Text size="xs" c="dimmed">
            {t("movement.compared")}
          </Text>
        )}
      </td>
      <td className="num">
        {table.inserted === null && table.deleted === null
          ? "–"
          : `+${number(table.inserted ?? 0)} ~${number(table.updated ?? 0)} −${number(table.deleted ?? 0)}`}
      </td>
      <td className="num">{table.sizeBytes === null ? "–" : formats.bytes(table.sizeBytes)}</td>
      <td className="num">
        {table.durationMs === null ? "–" : formats.duration(table.durationMs)}
      </td>
    </tr>
  );
}
