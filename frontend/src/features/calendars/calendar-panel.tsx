import { Button, Stack } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { calendarQuery } from "@/api/calendars";
import { useFormats } from "@/i18n/use-formats";
import { useNow } from "@/ui/clock";
import { Crumb } from "@/ui/crumb";
import { Facts } from "@/ui/facts";
import { Page } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { useMay } from "@/ui/session-context";
import { CalendarDays } from "./calendar-days";
import { CalendarForm } from "./calendar-form";
import { useCalendarText } from "./use-calendar-text";

const NAMED = 10;

interface CalendarPanelProps {
  calendarId: number;
  /** This year, when none is chosen. */
  year: number | undefined;
  onYear: (year: number) => void;
}

export function CalendarPanel({ calendarId, year, onYear }: CalendarPanelProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const text = useCalendarText();
  const mayEdit = useMay("calendars.edit");
  const calendar = useQuery(calendarQuery(calendarId));
  const [isEditing, setEditing] = useState(false);
  const thisYear = useNow(3600).getFullYear();
  const jobsText = (names: string[]) => {
    if (names.length === 0) return t("calendars.noJobs");
    if (names.length <= NAMED) return formats.list(names);
    const more = t("calendars.andMore", { n: formats.number(names.length - NAMED) });
    return `${names.slice(0, NAMED).join(", ")} ${more}`;
  };
  return (
    <Page
      title={calendar.data?.name ?? t("calendars.title")}
      above={<Crumb to="/calendars" label={t("calendars.title")} />}
      actions={
        mayEdit &&
        calendar.data && (
          <Button leftSection={<IconPencil size={15} />} onClick={() => setEditing(true)}>
            {t("actions.edit")}
          </Button>
        )
      }
    >
      <QueryView query={calendar}>
        {(found) => (
          <Stack gap="md">
            <Facts
              items={[
                [t("calendars.holidays"), text.holidays(found)],
                [t("calendars.weekend"), text.weekend(found)],
                [t("calendars.jobs"), jobsText(found.jobNames)],
              ]}
            />
            <CalendarDays
              calendar={found}
              year={year ?? thisYear}
              mayEdit={mayEdit}
              onYear={onYear}
            />
            {isEditing && <CalendarForm calendar={found} onClose={() => setEditing(false)} />}
          </Stack>
        )}
      </QueryView>
    </Page>
  );
}
