import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { TargetList } from "@/features/targets/target-list";

const route = getRouteApi("/shell/targets");

export function TargetsPage() {
  const { q } = route.useSearch();
  const navigate = useNavigate();
  return (
    <TargetList
      q={q ?? ""}
      onSearch={(next) =>
        void navigate({ to: "/targets", search: { q: next || undefined }, replace: true })
      }
    />
  );
}
