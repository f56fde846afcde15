import { useTranslation } from "react-i18next";
import type { Calendar } from "@/api/calendars";
import { useFormats } from "@/i18n/use-formats";

/** What a calendar has off, in words. */
export function useCalendarText() {
  const { t } = useTranslation();
  const formats = useFormats();
  return {
    holidays: ({ hasNational, subdivision, optionalDays }: Calendar): string => {
      if (!hasNational) return t("calendars.onlyOwn");
      const parts = [t("calendars.national")];
      if (subdivision !== null) parts.push(subdivision);
      if (optionalDays !== "none") parts.push(t(`calendars.optionalShort.${optionalDays}`));
      return parts.join(" + ");
    },
    weekend: ({ weekend }: Calendar): string =>
      weekend.length === 0
        ? t("calendars.noWeekend")
        : formats.list(weekend.map((day) => formats.weekday(day, "long").replace("-feira", ""))),
  };
}
