import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { MonthDays } from "@/api/job-plan";
import { useFormats } from "@/i18n/use-formats";
import { useScheduleText } from "@/i18n/use-schedule-text";
import { toggle } from "@/lib/schedule";
import { useJobForm } from "./form-context";
import { DEFAULT_MONTH_DAYS } from "./plan-kind";
import { Key, Part, range } from "./schedule-part";

const USUAL = [...range(1, 24), ...range(-5, 0)];
const QUICK_TIMES = ["06:00", "08:00", "12:00", "18:00"];

/** First from the start of the month, then from its end. */
const inOrder = (numbers: number[]) =>
  [...numbers].sort((a, b) => Number(a < 0) - Number(b < 0) || a - b);

/** Which business days of the month, and at which times. */
export function MonthDaysInput({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const formats = useFormats();
  const text = useScheduleText();
  const value = form.values.businessDays ?? DEFAULT_MONTH_DAYS;
  const set = (next: Partial<MonthDays>) =>
    form.setFieldValue("businessDays", { ...value, ...next });
  const isWhole = value.days.length > 0 && value.times.length > 0;
  return (
    <Stack gap="md">
      <Text size="sm" fw={500} aria-live="polite">
        {isWhole ? text.ofMonthDays(value) : t("plan.monthIncomplete")}
      </Text>
      <Part
        label={t("plan.monthDays")}
        quickLabel={t("plan.monthQuick")}
        isReadOnly={isReadOnly}
        choices={[
          { label: formats.ordinal(1), values: [1] },
          { label: formats.ordinal(5), values: [5] },
          { label: t("plan.nth.last"), values: [-1] },
          { label: t("schedule.clear"), values: [] },
        ]}
        onChoose={(days) => set({ days })}
      >
        {inOrder([...new Set([...USUAL, ...value.days])]).map((n) => (
          <Key
            key={n}
            label={n < -1 ? `−${-n - 1}` : text.nth(n)}
            title={t("plan.nth.title", { n: text.nth(n) })}
            isOn={value.days.includes(n)}
            onToggle={() => set({ days: inOrder(toggle(value.days, n)) })}
          />
        ))}
      </Part>
      <Times
        times={value.times}
        isReadOnly={isReadOnly}
        onChange={(times) => set({ times: [...new Set(times)].sort() })}
      />
      {form.errors.businessDays !== undefined && (
        <Text size="xs" c="var(--mantine-color-error)" role="alert">
          {form.errors.businessDays}
        </Text>
      )}
    </Stack>
  );
}

interface TimesProps {
  times: string[];
  isReadOnly: boolean;
  onChange: (times: string[]) => void;
}

function Times({ times, isReadOnly, onChange }: TimesProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const shown = [...new Set([...QUICK_TIMES, ...times])].sort();
  const add = () => {
    if (typed !== "") onChange([...times, typed]);
    setTyped("");
  };
  return (
    <Stack gap={6}>
      <Part
        label={t("plan.monthTimes")}
        quickLabel={t("plan.monthTimes")}
        isReadOnly={isReadOnly}
        choices={[]}
        onChoose={() => undefined}
      >
        {shown.map((at) => (
          <Key
            key={at}
            label={at}
            isOn={times.includes(at)}
            onToggle={() =>
              onChange(times.includes(at) ? times.filter((one) => one !== at) : [...times, at])
            }
          />
        ))}
      </Part>
      {!isReadOnly && (
        <Group gap={6}>
          <TextInput
            type="time"
            size="xs"
            aria-label={t("plan.monthTime")}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Button size="compact-sm" variant="default" disabled={typed === ""} onClick={add}>
            {t("plan.monthAddTime")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
