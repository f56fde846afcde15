import { Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/i18n/use-formats";
import { nextMoments, offsetText } from "@/lib/moments";
import { parseSchedule, type ScheduleText } from "@/lib/schedule";
import { useNow } from "@/ui/clock";
import classes from "./next-moments.module.css";

interface NextMomentsProps {
  schedule: ScheduleText;
  zone: string;
  isActive: boolean;
}

/** The next five moments of a schedule that need not be saved, by the rule of the server. */
export function NextMoments({ schedule, zone, isActive }: NextMomentsProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const now = useNow(30);
  const minute = now.getTime();
  const moments = useMemo(
    () => nextMoments(parseSchedule(schedule), zone, new Date(minute), 5),
    [schedule, zone, minute],
  );
  if (moments.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("job.nextNone")}
      </Text>
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
      <Text size="xs" c="dimmed">
        {isActive ? zone : `${t("job.nextInactive")} ${zone}`}
      </Text>
    </Stack>
  );
}
