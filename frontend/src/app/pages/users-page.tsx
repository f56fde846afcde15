import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { UserList } from "@/features/users/user-list";

const route = getRouteApi("/shell/users");

export function UsersPage() {
  const { q } = route.useSearch();
  const navigate = useNavigate();
  return (
    <UserList
      q={q ?? ""}
      onSearch={(next) =>
        void navigate({ to: "/users", search: { q: next || undefined }, replace: true })
      }
    />
  );
}
