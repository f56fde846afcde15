import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { dateExpressionsQuery } from "@/api/date-expressions";
import { useFormats } from "@/i18n/use-formats";
import { Disclosure } from "@/ui/disclosure";
import type { Completion } from "@/ui/sql-editor";
import classes from "./date-chips.module.css";
import { useJobForm } from "./form-context";

const NONE: Completion[] = [];

/** The dates a query may name, with what they stand for today; none while they are not known. */
export function useDateCompletions(): Completion[] {
  const { t, i18n } = useTranslation();
  const formats = useFormats();
  const { timeZone, daysOffset, lastDataDate, calendarId } = useJobForm().values;
  const context = { timeZone, daysOffset, lastDataDate, calendarId };
  const known = useQuery(dateExpressionsQuery(context)).data;
  const language = i18n.language === "pt-BR" ? "pt" : "en";
  return useMemo(
    () =>
      known?.map(({ name, meaning, value }) => ({
        label: `:${name}`,
        detail: value === null ? t("calendars.needsCalendar") : formats.day(value),
        info: meaning[language],
      })) ?? NONE,
    [known, formats, language, t],
  );
}

interface DateChipsProps {
  completions: readonly Completion[];
  onChoose: (text: string) => void;
}

/** Each date with its value of today; a click writes it into the query. */
export function DateChips({ completions, onChoose }: DateChipsProps) {
  const { t } = useTranslation();
  if (completions.length === 0) return null;
  return (
    <Disclosure label={t("job.dates")}>
      <p className={classes.help}>{t("job.datesHelp")}</p>
      <ul className={classes.list}>
        {completions.map(({ label, detail, info }) => (
          <li key={label}>
            <button
              type="button"
              className={classes.chip}
              title={info}
              onClick={() => onChoose(label)}
            >
              <code>{label}</code> {detail}
            </button>
          </li>
        ))}
      </ul>
    </Disclosure>
  );
}
