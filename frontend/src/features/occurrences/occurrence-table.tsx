import {
  IconBan,
  IconCalendarOff,
  IconCalendarTime,
  IconCircleCheck,
  IconCircleX,
  IconClockExclamation,
  IconClockPause,
  IconLoader2,
  IconPlayerTrackNext,
  type Icon,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Occurrence, Outcome } from "@/api/occurrences";
import { useFormats } from "@/i18n/use-formats";
import { AbsoluteTime } from "@/ui/relative-time";
import { Tag } from "@/ui/tag";
import { useWhyText } from "./use-why-text";

interface Look {
  tone: "good" | "bad" | "busy" | "wait" | "warn" | "quiet";
  icon: Icon;
}

/** How each outcome looks; a new one does not compile until it has a look. */
const LOOKS: Record<Outcome, Look> = {
  planned: { tone: "quiet", icon: IconCalendarTime },
  waiting: { tone: "wait", icon: IconClockPause },
  running: { tone: "busy", icon: IconLoader2 },
  ran: { tone: "good", icon: IconCircleCheck },
  late: { tone: "warn", icon: IconClockExclamation },
  failed: { tone: "bad", icon: IconCircleX },
  skipped: { tone: "warn", icon: IconPlayerTrackNext },
  cancelled: { tone: "quiet", icon: IconBan },
  not_planned: { tone: "quiet", icon: IconCalendarOff },
};

/** Occurrences by due time, each with what became of it in one sentence. */
export function OccurrenceTable({ items, zone }: { items: Occurrence[]; zone: string }) {
  const { t } = useTranslation();
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">
              {t("runs.columns.due")} ({zone})
            </th>
            <th scope="col">{t("why.outcome")}</th>
            <th scope="col">{t("why.reason")}</th>
            <th scope="col">{t("runs.columns.id")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <OccurrenceRow key={`${item.dueAt.getTime()}-${item.runId ?? 0}`} {...{ item, zone }} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function OccurrenceRow({ item, zone }: { item: Occurrence; zone: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const words = useWhyText();
  const { tone, icon } = LOOKS[item.outcome];
  const lateS = item.lateS ?? 0;
  return (
    <tr>
      <td style={{ whiteSpace: "nowrap" }}>
        <AbsoluteTime at={item.dueAt} zone={zone} />
      </td>
      <td>
        <Tag tone={tone} icon={icon}>
          {t(`why.outcomes.${item.outcome}`)}
        </Tag>
      </td>
      <td style={{ minWidth: 220 }} title={item.message}>
        {words(item.reason ?? item.outcome, item.message)}
        {item.holiday !== null && ` · ${item.holiday}`}
        {item.movesTo !== null &&
          ` · ${t("calendars.movedTo", { at: formats.dateTime(item.movesTo, zone) })}`}
        {lateS >= 60 && ` · ${t("why.lateBy", { time: formats.duration(lateS * 1000) })}`}
      </td>
      <td>
        {item.runId === null ? (
          "–"
        ) : (
          <Link to="/runs/$runId" params={{ runId: String(item.runId) }}>
            {item.runId}
          </Link>
        )}
      </td>
    </tr>
  );
}
