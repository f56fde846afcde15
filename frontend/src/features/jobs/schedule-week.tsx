import { useTranslation } from "react-i18next";
import { useFormats } from "@/i18n/use-formats";
import type { Slots } from "@/lib/schedule";
import classes from "./schedule-week.module.css";

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const DAYS = [0, 1, 2, 3, 4, 5, 6];

/** A picture of the week: one row a day, one column an hour, darker where it runs more often. */
export function ScheduleWeek({ value }: { value: Slots }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const strength = Math.min(1, 0.45 + value.minutes.length / 16);
  return (
    <div className={classes.scroll}>
      <div className={classes.week} role="img" aria-label={t("schedule.grid")}>
        <span />
        {HOURS.map((hour) => (
          <span key={hour} className={classes.hour}>
            {hour % 3 === 0 ? hour : ""}
          </span>
        ))}
        {DAYS.map((day) => (
          <WeekDay
            key={day}
            name={formats.weekday(day).replace(".", "")}
            hours={value.days.includes(day) ? value.hours : []}
            strength={strength}
          />
        ))}
      </div>
    </div>
  );
}

function WeekDay({ name, hours, strength }: { name: string; hours: number[]; strength: number }) {
  return (
    <>
      <span className={classes.day}>{name}</span>
      {HOURS.map((hour) => {
        const isOn = hours.includes(hour);
        return (
          <span
            key={hour}
            className={classes.cell}
            style={isOn ? { opacity: strength } : undefined}
            data-on={isOn || undefined}
          />
        );
      })}
    </>
  );
}
