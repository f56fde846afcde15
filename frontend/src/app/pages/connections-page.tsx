import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ConnectionList } from "@/features/connections/connection-list";

const route = getRouteApi("/shell/connections");

export function ConnectionsPage() {
  const { q } = route.useSearch();
  const navigate = useNavigate();
  return (
    <ConnectionList
      q={q ?? ""}
      onSearch={(next) =>
        void navigate({ to: "/connections", search: { q: next || undefined }, replace: true })
      }
    />
  );
}
