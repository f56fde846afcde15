import { Progress, Text } from "@mantine/core";
import {
  IconCircleCheck,
  IconCircleX,
  IconClockPause,
  IconLoader2,
  IconPlugConnectedX,
  type Icon,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
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
/** On a phone the figures stand in one line below the name. */
export const WIDE = "mantine-visible-from-sm";
const CUT_OFF: Look = { tone: "warn", icon: IconPlugConnectedX };

interface RunTableRowProps extends FiguresProps {
  isLive: boolean;
}

/** One table of a run: its state, and what has arrived of it so far. */
export function RunTableRow({ table, isLive, hasChanges }: RunTableRowProps) {
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
      <td style={{ overflowWrap: "anywhere", minWidth: 130 }}>
        <Subject table={table} percent={isLive ? tablePercent(table) : null} />
      </td>
      <Figures table={table} hasChanges={hasChanges} />
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
      <FiguresInLine table={table} />
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

interface FiguresProps {
  table: RunTable;
  hasChanges: boolean;
}

function Figures({ table, hasChanges }: FiguresProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const text = useFigureTexts(table);
  return (
    <>
      <td className={`num ${WIDE}`}>
        {text.rows}
        {text.expected !== null && <Small>{text.expected}</Small>}
        {table.isCompared && <Small>{t("movement.compared")}</Small>}
      </td>
      {hasChanges && <td className={`num ${WIDE}`}>{text.changes ?? "–"}</td>}
      <td className={`num ${WIDE}`}>
        {text.size ?? "–"}
        {table.bytesPerS !== null && <Small>{formats.bytes(table.bytesPerS)}/s</Small>}
      </td>
      <td className={`num ${WIDE}`}>
        {text.time ?? "–"}
        {text.rate !== null && <Small>{text.rate}</Small>}
      </td>
    </>
  );
}

/** The same figures in one line, where there is no room for columns. */
function FiguresInLine({ table }: { table: RunTable }) {
  const text = useFigureTexts(table);
  const rows = table.rows === null ? null : text.rows;
  const parts = [rows, text.expected, text.changes, text.size, text.time, text.rate];
  return (
    <Text size="xs" hiddenFrom="sm">
      {parts.filter((part) => part !== null).join(" · ")}
    </Text>
  );
}

function Small({ children }: { children: ReactNode }) {
  return (
    <Text size="xs" c="dimmed">
      {children}
    </Text>
  );
}

function useFigureTexts(table: RunTable) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { state, rows, rowsExpected, sizeBytes, durationMs, rowsPerS } = table;
  const { inserted, updated, deleted } = table;
  const count = (value: number | null) => formats.number(value ?? 0);
  const isAhead = state === "waiting" || state === "running" || state === "committing";
  const hasExpected = isAhead && rowsExpected !== null;
  const hasChanged = inserted !== null || deleted !== null;
  return {
    rows: rows === null ? "–" : formats.number(rows),
    expected: hasExpected ? t("movement.ofAbout", { n: formats.number(rowsExpected) }) : null,
    changes: hasChanged ? `+${count(inserted)} ~${count(updated)} −${count(deleted)}` : null,
    size: sizeBytes === null ? null : formats.bytes(sizeBytes),
    time: durationMs === null ? null : formats.duration(durationMs),
    rate:
      rowsPerS === null ? null : t("run.rateValue", { n: formats.number(Math.round(rowsPerS)) }),
  };
}
