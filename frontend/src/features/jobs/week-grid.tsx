import { Button, Group, Stack, Text } from "@mantine/core";
import { useMemo, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/i18n/use-formats";
import { toggle, type ScheduleText } from "@/lib/schedule";
import { cellsOf, scheduleOf, withHour, type Cell } from "@/lib/week-cells";
import { Key, Part, range, twoDigits } from "./schedule-part";
import classes from "./schedule-week.module.css";

interface WeekGridProps {
  value: ScheduleText;
  isReadOnly: boolean;
  onChange: (value: ScheduleText) => void;
}

const HOURS = range(0, 24);
const DAYS = range(0, 7);
const MINUTES = range(0, 60, 5);
const ARROWS: Record<string, [days: number, hours: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** The week as a grid of hours, each switched by itself, by mouse or arrow keys. */
export function WeekGrid({ value, isReadOnly, onChange }: WeekGridProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const cells = useMemo(() => cellsOf(value), [value]);
  const [minutes, setMinutes] = useState([0]);
  const press = (day: number, hour: number) => {
    if (!isReadOnly) onChange(scheduleOf(withHour(cells, day, hour, minutes)));
  };
  return (
    <Stack gap="md">
      <Text size="sm" fw={500} aria-live="polite">
        {t("plan.summary.weekly", { count: cells.length, n: formats.number(cells.length) })}
      </Text>
      <Part
        label={t("schedule.minutes")}
        quickLabel={t("plan.cellMinutes")}
        choices={[]}
        isReadOnly={isReadOnly}
        onChoose={setMinutes}
      >
        {MINUTES.map((minute) => (
          <Key
            key={minute}
            label={twoDigits(minute)}
            isOn={minutes.includes(minute)}
            onToggle={() => {
              const next = toggle(minutes, minute);
              if (next.length > 0) setMinutes(next);
            }}
          />
        ))}
      </Part>
      <Text size="xs" c="dimmed">
        {t("plan.cellMinutes")}. {t("plan.gridHelp")}
      </Text>
      <Cells cells={cells} onPress={press} />
      {!isReadOnly && cells.length > 0 && (
        <Group>
          <Button size="compact-xs" variant="default" onClick={() => onChange(scheduleOf([]))}>
            {t("plan.clearAll")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

interface CellsProps {
  cells: readonly Cell[];
  onPress: (day: number, hour: number) => void;
}

/** One stop for the tab key; arrows move inside. */
function Cells({ cells, onPress }: CellsProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [focus, setFocus] = useState({ day: 0, hour: 0 });
  const byHour = new Map<string, string[]>();
  for (const { day, hour, minute } of cells) {
    const key = `${day}-${hour}`;
    byHour.set(key, [...(byHour.get(key) ?? []), `${twoDigits(hour)}:${twoDigits(minute)}`]);
  }
  const move = (event: KeyboardEvent<HTMLElement>) => {
    const step = ARROWS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const day = (focus.day + step[0] + 7) % 7;
    const hour = (focus.hour + step[1] + 24) % 24;
    setFocus({ day, hour });
    event.currentTarget.querySelector<HTMLElement>(`[data-cell="${day}-${hour}"]`)?.focus();
  };
  return (
    <div className={classes.scroll}>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- its cells have the focus */}
      <div className={classes.week} role="group" aria-label={t("schedule.grid")} onKeyDown={move}>
        <span />
        {HOURS.map((hour) => (
          <span key={hour} className={classes.hour} aria-hidden>
            {hour}
          </span>
        ))}
        {DAYS.map((day) => [
          <span key={day} className={classes.day} aria-hidden>
            {formats.weekday(day).replace(".", "")}
          </span>,
          ...HOURS.map((hour) => {
            const times = byHour.get(`${day}-${hour}`);
            const name = formats.weekday(day, "long");
            return (
              <button
                key={`${day}-${hour}`}
                type="button"
                className={classes.press}
                data-cell={`${day}-${hour}`}
                data-on={times !== undefined || undefined}
                aria-pressed={times !== undefined}
                aria-label={
                  times === undefined
                    ? t("plan.cell", { day: name, hour: twoDigits(hour) })
                    : t("plan.cellTimes", { day: name, times: formats.list(times) })
                }
                title={times?.join(", ")}
                tabIndex={focus.day === day && focus.hour === hour ? 0 : -1}
                onFocus={() => setFocus({ day, hour })}
                onClick={() => onPress(day, hour)}
              />
            );
          }),
        ])}
      </div>
    </div>
  );
}
