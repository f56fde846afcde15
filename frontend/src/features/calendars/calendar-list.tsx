import { VisuallyHidden } from "@mantine/core";
import { IconCalendarStats } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { calendarsQuery, deleteCalendar, type Calendar } from "@/api/calendars";
import { useFormats } from "@/i18n/use-formats";
import { ManagedPage } from "@/ui/managed-page";
import type { RowHandlers } from "@/ui/managing";
import { RowActions } from "@/ui/row-actions";
import { useMay } from "@/ui/session-context";
import { CalendarForm } from "./calendar-form";
import { useCalendarText } from "./use-calendar-text";

interface CalendarListProps {
  q: string;
  onSearch: (q: string) => void;
}

export function CalendarList({ q, onSearch }: CalendarListProps) {
  return (
    <ManagedPage
      words="calendars"
      icon={IconCalendarStats}
      query={useQuery(calendarsQuery)}
      mayEdit={useMay("calendars.edit")}
      q={q}
      onSearch={onSearch}
      nameOf={({ name }) => name}
      remove={({ calendarId }) => deleteCalendar(calendarId)}
      invalidates={calendarsQuery.queryKey}
      form={(calendar, onClose) => <CalendarForm calendar={calendar} onClose={onClose} />}
    >
      {(shown, handlers) => <CalendarTable calendars={shown} {...handlers} />}
    </ManagedPage>
  );
}

interface CalendarTableProps extends RowHandlers<Calendar> {
  calendars: Calendar[];
}

function CalendarTable({ calendars, onEdit, onDelete }: CalendarTableProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const text = useCalendarText();
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t("calendars.name")}</th>
          <th scope="col">{t("calendars.holidays")}</th>
          <th scope="col">{t("calendars.weekend")}</th>
          <th scope="col" className="num">
            {t("calendars.ownDays")}
          </th>
          <th scope="col" className="num">
            {t("calendars.jobs")}
          </th>
          <th scope="col">
            <VisuallyHidden>{t("table.actions")}</VisuallyHidden>
          </th>
        </tr>
      </thead>
      <tbody>
        {calendars.map((one) => (
          <tr key={one.calendarId}>
            <td style={{ fontWeight: 500 }}>
              <Link to="/calendars/$calendarId" params={{ calendarId: String(one.calendarId) }}>
                {one.name}
              </Link>
            </td>
            <td>{text.holidays(one)}</td>
            <td>{text.weekend(one)}</td>
            <td className="num">{formats.number(one.ownDays)}</td>
            <td className="num">{formats.number(one.jobs)}</td>
            <td>
              <RowActions
                name={one.name}
                onEdit={onEdit && (() => onEdit(one))}
                onDelete={onDelete && (() => onDelete(one))}
              />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
