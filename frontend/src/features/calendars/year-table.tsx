import { VisuallyHidden } from "@mantine/core";
import { IconArrowBackUp, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { DaySource, YearDay } from "@/api/calendars";
import { useFormats } from "@/i18n/use-formats";
import { IconButton } from "@/ui/icon-button";
import { Tag } from "@/ui/tag";

export interface DayChange {
  /** Take a day of its own away again. */
  remove: (day: YearDay) => void;
  /** Let a computed holiday be one again. */
  putBack: (day: YearDay) => void;
  /** Work on a computed holiday. */
  takeOut: (day: YearDay) => void;
}

interface YearTableProps {
  days: YearDay[];
  weekend: number[];
  isYearly: (day: YearDay) => boolean;
  change: DayChange | null;
}

const TONES: Record<DaySource, "good" | "busy" | "wait" | "warn" | "quiet"> = {
  national: "busy",
  state: "wait",
  optional: "warn",
  own: "good",
  taken_out: "quiet",
};

const weekdayOf = (iso: string) => (new Date(`${iso}T00:00:00Z`).getUTCDay() + 6) % 7;

/** Each day with its weekday, its name, what it comes from, and what can be done about it. */
export function YearTable({ days, weekend, isYearly, change }: YearTableProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("calendars.day")}</th>
            <th scope="col">{t("calendars.weekday")}</th>
            <th scope="col">{t("calendars.dayName")}</th>
            <th scope="col">{t("calendars.source")}</th>
            {change && (
              <th scope="col">
                <VisuallyHidden>{t("table.actions")}</VisuallyHidden>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {days.map((one) => {
            const weekday = weekdayOf(one.day);
            return (
              <tr key={`${one.day}-${one.source}`}>
                <td style={{ whiteSpace: "nowrap" }}>{formats.day(one.day)}</td>
                <td>
                  {formats.weekday(weekday, "long")}
                  {weekend.includes(weekday) && ` (${t("calendars.weekendDay").toLowerCase()})`}
                </td>
                <td>{one.name}</td>
                <td style={{ whiteSpace: "nowrap" }}>
                  <Tag tone={TONES[one.source]}>{t(`calendars.sources.${one.source}`)}</Tag>
                  {isYearly(one) && ` · ${t("calendars.everyYear").toLowerCase()}`}
                </td>
                {change && (
                  <td style={{ textAlign: "right" }}>
                    <DayAction day={one} change={change} />
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function DayAction({ day, change }: { day: YearDay; change: DayChange }) {
  const { t } = useTranslation();
  if (day.source === "taken_out") {
    return (
      <IconButton
        label={t("calendars.putBack", { name: day.name })}
        onClick={() => change.putBack(day)}
      >
        <IconArrowBackUp size={16} />
      </IconButton>
    );
  }
  const isOwn = day.source === "own";
  return (
    <IconButton
      label={t(isOwn ? "calendars.remove" : "calendars.takeOut", { name: day.name })}
      onClick={() => (isOwn ? change.remove(day) : change.takeOut(day))}
    >
      <IconTrash size={16} />
    </IconButton>
  );
}
