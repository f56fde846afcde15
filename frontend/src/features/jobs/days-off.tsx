import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { OffMoment } from "@/api/moments";
import { useFormats } from "@/i18n/use-formats";
import classes from "./next-moments.module.css";

const SHOWN = 6;

/** Times that fall on days that are no business days, and what becomes of each. */
export function DaysOff({ off, zone }: { off: OffMoment[]; zone: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (off.length === 0) return null;
  const more = off.length - SHOWN;
  return (
    <section aria-label={t("calendars.meanwhileOff")}>
      <Text size="xs" fw={500} mb={4}>
        {t("calendars.meanwhileOff")}
      </Text>
      <ol className={classes.list}>
        {off.slice(0, SHOWN).map(({ at, holiday, movesTo }) => (
          <li key={at.getTime()} className={classes.off}>
            <time dateTime={at.toISOString()}>{formats.dateTime(at, zone)}</time>
            <span className={classes.relative}>
              {holiday ?? t("calendars.weekendDay")}
              {" · "}
              {movesTo === null
                ? t("calendars.leftOut")
                : t("calendars.movedTo", { at: formats.dateTime(movesTo, zone) })}
            </span>
          </li>
        ))}
      </ol>
      {more > 0 && (
        <Text size="xs" c="dimmed" mt={4}>
          {t("calendars.andMore", { n: formats.number(more) })}
        </Text>
      )}
    </section>
  );
}
