import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { CalendarPanel } from "@/features/calendars/calendar-panel";
import { NotFoundPage } from "./not-found-page";

const route = getRouteApi("/shell/calendars/$calendarId");

export function CalendarPage() {
  const calendarId = Number(route.useParams().calendarId);
  const { year } = route.useSearch();
  const navigate = useNavigate();
  if (!Number.isSafeInteger(calendarId) || calendarId < 1) return <NotFoundPage />;
  return (
    <CalendarPanel
      key={calendarId}
      calendarId={calendarId}
      year={year}
      onYear={(next) =>
        void navigate({
          to: "/calendars/$calendarId",
          params: { calendarId: String(calendarId) },
          search: { year: next },
          replace: true,
        })
      }
    />
  );
}
