import { Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { momentsQuery, type Moments, type ProposedPlan } from "@/api/moments";
import { useFormats } from "@/i18n/use-formats";
import { useProblemText } from "@/i18n/use-problem-text";
import { offsetText } from "@/lib/moments";
import { hasSlots, parseSchedule } from "@/lib/schedule";
import { useNow } from "@/ui/clock";
import { DaysOff } from "./days-off";
import classes from "./next-moments.module.css";

const NOTHING: Moments = { moments: [], off: [] };

/** False while it says nothing, or only half of it. */
function hasTimes(plan: ProposedPlan): boolean {
  if (plan.cronText !== null) return plan.cronText.trim() !== "";
  if (plan.everyMinutes !== null) return true;
  if (plan.businessDays !== null) {
    const { days, times } = plan.businessDays;
    return days.length > 0 && times.length > 0 && plan.calendarId !== null;
  }
  const { slots } = plan.schedule;
  return slots === undefined ? hasSlots(parseSchedule(plan.schedule)) : slots.length > 0;
}

interface NextMomentsProps {
  plan: ProposedPlan;
  zone: string;
  isActive: boolean;
}

/** The next five moments of a plan that need not be saved. */
export function NextMoments({ plan, zone, isActive }: NextMomentsProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const problemText = useProblemText();
  const now = useNow(30);
  const [settled] = useDebouncedValue(plan, 300);
  const isPlanned = hasTimes(settled);
  const answer = useQuery({ ...momentsQuery(settled), enabled: isPlanned });
  if (isPlanned && answer.isError) {
    return (
      <Text size="sm" c="var(--mantine-color-error)" role="alert">
        {problemText.of(answer.error).title}
      </Text>
    );
  }
  const { moments, off } = isPlanned && answer.data ? answer.data : NOTHING;
  if (isPlanned && answer.data === undefined) {
    return (
      <Text size="sm" c="dimmed">
        {t("plan.checking")}
      </Text>
    );
  }
  if (moments.length === 0) {
    return (
      <Stack gap="xs">
        <Text size="sm" c="dimmed">
          {isPlanned ? t("plan.never") : t("job.nextNone")}
        </Text>
        <DaysOff off={off} zone={zone} />
      </Stack>
    );
  }
  return (
    <Stack gap="xs">
      <ol className={classes.list}>
        {moments.map((moment) => (
          <li key={moment.getTime()} className={classes.moment}>
            <time dateTime={moment.toISOString()} title={formats.dateTimeZone(moment, zone)}>
              {formats.dateTime(moment, zone)}
            </time>
            <span className={classes.offset}>{offsetText(moment, zone)}</span>
            <span className={classes.relative}>{formats.relative(moment, now)}</span>
          </li>
        ))}
      </ol>
      <DaysOff off={off} zone={zone} />
      <Text size="xs" c="dimmed">
        {isActive ? zone : `${t("job.nextInactive")} ${zone}`}
      </Text>
    </Stack>
  );
}
