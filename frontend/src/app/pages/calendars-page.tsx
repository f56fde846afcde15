import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { CalendarList } from "@/features/calendars/calendar-list";

const route = getRouteApi("/shell/calendars");

export function CalendarsPage() {
  const { q } = route.useSearch();
  const navigate = useNavigate();
  return (
    <CalendarList
      q={q ?? ""}
      onSearch={(next) =>
        void navigate({ to: "/calendars", search: { q: next || undefined }, replace: true })
      }
    />
  );
}
