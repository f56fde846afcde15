import { Progress, Text } from "@mantine/core";
import {
  IconCircleCheck,
  IconCircleX,
  IconClockPause,
  IconLoader2,
  IconPlugConnectedX,
  type Icon,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { RunTable, TableState } from "@/api/run-tables";
import { useFormats } from "@/i18n/use-formats";
import { useProblemText } from "@/i18n/use-problem-text";
import { Tag } from "@/ui/tag";
import { tablePercent } from "./table-progress";

interface Look {
  tone: "good" | "bad" | "busy" | "wait" | "warn";
  icon: Icon;
}

const LOOKS: Record<TableState, Look> = {
  waiting: { tone: "wait", icon: IconClockPause },
  running: { tone: "busy", icon: IconLoader2 },
  committing: { tone: "busy", icon: IconLoader2 },
  done: { tone: "good", icon: IconCircleCheck },
  failed: { tone: "bad", icon: IconCircleX },
};
const CUT_OFF: Look = { tone: "warn", icon: IconPlugConnectedX };

/** One table of a run: its state, and what has arrived of it so far. */
export function RunTableRow({ table, isLive }: { table: RunTable; isLive: boolean }) {
  const { t } = useTranslation();
  const { state } = table;
  const isCutOff = !isLive && (state === "running" || state === "committing");
  const look = isCutOff ? CUT_OFF : LOOKS[state];
  return (
    <tr>
      <td>
        <Tag tone={look.tone} icon={look.icon}>
          {isCutOff ? t("movement.cutOff") : t(`movement.states.${state}`)}
        </Tag>
      </td>
      <td style={{ overflowWrap: "anywhere", minWidth: 160 }}>
        <Subject table={table} percent={isLive ? tablePercent(table) : null} />
      </td>
      <Figures table={table} />
    </tr>
  );
}

function Subject({ table, percent }: { table: RunTable; percent: number | null }) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const { errorCode, errorMessage } = table;
  return (
    <>
      {table.target}
      <Text size="xs" c="dimmed" className="mono">
        {table.source}
      </Text>
      {percent !== null && (
        <Progress
          value={percent}
          size="sm"
          mt={4}
          animated
          aria-label={t("movement.progressOf", { name: table.target })}
        />
      )}
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
    </>
  );
}

function Figures({ table }: { table: RunTable }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { state, rowsExpected, rowsPerS, bytesPerS } = table;
  const number = (value: number | null) => (value === null ? "–" : formats.number(value));
  const isAhead = state === "waiting" || state === "running" || state === "committing";
  return (
    <>
      <td className="num">
        {number(table.rows)}
        {isAhead && rowsExpected !== null && (
          <Text size="xs" c="dimmed">
            {t("movement.ofAbout", { n: formats.number(rowsExpected) })}
          </Text>
        )}
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
      <td className="num">
        {rowsPerS === null ? "–" : t("run.rateValue", { n: formats.number(Math.round(rowsPerS)) })}
        {bytesPerS !== null && (
          <Text size="xs" c="dimmed">
            {formats.bytes(bytesPerS)}/s
          </Text>
        )}
      </td>
    </>
  );
}
