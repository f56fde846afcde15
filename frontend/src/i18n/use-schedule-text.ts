import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { MonthDays } from "@/api/job-plan";
import { parseSchedule, type ScheduleText, type Slots } from "@/lib/schedule";
import { summarize, summarizeDays } from "@/lib/schedule-summary";
import { useFormats } from "./use-formats";

interface PlannedTimes {
  schedule: ScheduleText;
  cronText: string | null;
  everyMinutes: number | null;
  businessDays: MonthDays | null;
}

/** "Monday to Friday at 06:00 and 18:00", in the language of the reader. */
export function useScheduleText() {
  const { t } = useTranslation();
  const formats = useFormats();
  const days = useCallback(
    (numbers: number[]): string => {
      const key = summarizeDays(numbers);
      const names = numbers.map((day) => formats.weekday(day, "long").replace("-feira", ""));
      const text = t(`schedule.summary.${key}`, { days: formats.list(names) });
      return text.charAt(0).toUpperCase() + text.slice(1);
    },
    [t, formats],
  );
  const ofSlots = useCallback(
    (slots: Slots): string => {
      const summary = summarize(slots);
      if (summary.kind === "none") return t("schedule.none");
      const { kind, ...values } = summary;
      const texts = "times" in values ? { times: formats.list(values.times) } : values;
      return t(`schedule.summary.${kind}`, { days: days(slots.days), ...texts });
    },
    [t, formats, days],
  );
  const ofText = useCallback(
    (schedule: ScheduleText) => ofSlots(parseSchedule(schedule)),
    [ofSlots],
  );
  const nth = useCallback(
    (n: number): string => {
      if (n === -1) return t("plan.nth.last");
      if (n === -2) return t("plan.nth.secondLast");
      if (n === -3) return t("plan.nth.thirdLast");
      return n > 0 ? formats.ordinal(n) : t("plan.nth.beforeLast", { n: formats.ordinal(-n - 1) });
    },
    [t, formats],
  );
  const ofMonthDays = useCallback(
    ({ days: numbers, times }: MonthDays) => {
      const values = { days: formats.list(numbers.map(nth)), times: formats.list(times) };
      return t("plan.summary.month", values);
    },
    [t, formats, nth],
  );
  const ofJob = useCallback(
    (job: PlannedTimes) => {
      if (job.cronText !== null) return t("plan.summary.cron", { text: job.cronText });
      if (job.everyMinutes !== null) return t("plan.summary.every", { n: job.everyMinutes });
      if (job.businessDays !== null) return ofMonthDays(job.businessDays);
      return ofText(job.schedule);
    },
    [t, ofText, ofMonthDays],
  );
  return { ofSlots, ofText, ofMonthDays, ofJob, nth };
}
