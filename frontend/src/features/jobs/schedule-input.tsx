import { Alert, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/i18n/use-formats";
import { useScheduleText } from "@/i18n/use-schedule-text";
import { distinct, isComplete, timesOfDay, toggle, type Slots } from "@/lib/schedule";
import { MinuteInput } from "./minute-input";
import { Key, Part, range, twoDigits } from "./schedule-part";
import { ScheduleWeek } from "./schedule-week";

interface ScheduleInputProps {
  value: Slots;
  error?: string | undefined;
  isReadOnly: boolean;
  onChange: (value: Slots) => void;
}

const ALL_HOURS = range(0, 24);
const ALL_DAYS = range(0, 7);
const EVERY = [5, 10, 15, 30];

/** Weekdays × hours × minutes, the sentence they make and the week they fill. */
export function ScheduleInput({ value, error, isReadOnly, onChange }: ScheduleInputProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const text = useScheduleText().ofSlots(value);
  const perWeek = value.days.length * timesOfDay(value).length;
  const shownMinutes = [...new Set([...range(0, 60, 5), ...value.minutes])].sort((a, b) => a - b);
  const clear = { label: t("schedule.clear"), values: [] };
  return (
    <Stack gap="md">
      <Text size="sm" fw={500} data-testid="schedule-sentence" aria-live="polite">
        {text}
        {perWeek > 0 && (
          <Text span size="xs" c="dimmed" ml={8}>
            {t("schedule.perWeek", { count: perWeek, n: formats.number(perWeek) })}
          </Text>
        )}
      </Text>
      <Part
        label={t("schedule.days")}
        quickLabel={t("schedule.quickDays")}
        isReadOnly={isReadOnly}
        choices={[
          { label: t("schedule.everyDay"), values: ALL_DAYS },
          { label: t("schedule.workdays"), values: range(0, 5) },
          { label: t("schedule.weekend"), values: [5, 6] },
          clear,
        ]}
        onChoose={(days) => onChange({ ...value, days })}
      >
        {ALL_DAYS.map((day) => (
          <Key
            key={day}
            label={formats.weekday(day).replace(".", "")}
            title={formats.weekday(day, "long")}
            isOn={value.days.includes(day)}
            onToggle={() => onChange({ ...value, days: toggle(value.days, day) })}
          />
        ))}
      </Part>
      <Part
        label={t("schedule.hours")}
        quickLabel={t("schedule.quickHours")}
        isReadOnly={isReadOnly}
        choices={[
          { label: t("schedule.everyHour"), values: ALL_HOURS },
          { label: t("schedule.businessHours"), values: range(8, 19) },
          clear,
        ]}
        onChoose={(hours) => onChange({ ...value, hours })}
      >
        {ALL_HOURS.map((hour) => (
          <Key
            key={hour}
            label={twoDigits(hour)}
            isOn={value.hours.includes(hour)}
            onToggle={() => onChange({ ...value, hours: toggle(value.hours, hour) })}
          />
        ))}
      </Part>
      <Part
        label={t("schedule.minutes")}
        quickLabel={t("schedule.quickMinutes")}
        isReadOnly={isReadOnly}
        choices={[
          { label: t("schedule.onTheHour"), values: [0] },
          ...EVERY.map((n) => ({ label: t("schedule.every", { n }), values: range(0, 60, n) })),
          clear,
        ]}
        onChoose={(minutes) => onChange({ ...value, minutes })}
      >
        {shownMinutes.map((minute) => (
          <Key
            key={minute}
            label={twoDigits(minute)}
            isOn={value.minutes.includes(minute)}
            onToggle={() => onChange({ ...value, minutes: toggle(value.minutes, minute) })}
          />
        ))}
        {!isReadOnly && (
          <MinuteInput
            onAdd={(minute) =>
              onChange({ ...value, minutes: distinct([...value.minutes, minute]) })
            }
          />
        )}
      </Part>
      {(error !== undefined || !isComplete(value)) && (
        <Alert
          color={error === undefined ? "yellow" : "red"}
          variant="outline"
          icon={<IconAlertTriangle size={16} />}
          p="xs"
        >
          {error ?? t("schedule.incomplete")}
        </Alert>
      )}
      {perWeek > 0 && <ScheduleWeek value={value} />}
    </Stack>
  );
}
