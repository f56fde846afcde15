import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { AuditList } from "@/features/audit/audit-list";

const route = getRouteApi("/shell/audit");

export function AuditPage() {
  const { q, page } = route.useSearch();
  const navigate = useNavigate();
  return (
    <AuditList
      q={q ?? ""}
      page={page ?? 1}
      onChange={(change) => {
        const next = { q, page, ...change };
        const search = {
          q: next.q === "" ? undefined : next.q,
          page: next.page === 1 ? undefined : next.page,
        };
        void navigate({ to: "/audit", search, replace: true });
      }}
    />
  );
}
