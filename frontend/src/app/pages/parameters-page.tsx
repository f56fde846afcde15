import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ParameterList } from "@/features/parameters/parameter-list";

const route = getRouteApi("/shell/parameters");

export function ParametersPage() {
  const { q } = route.useSearch();
  const navigate = useNavigate();
  return (
    <ParameterList
      q={q ?? ""}
      onSearch={(next) =>
        void navigate({ to: "/parameters", search: { q: next || undefined }, replace: true })
      }
    />
  );
}
