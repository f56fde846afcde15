import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ApiKeyList } from "@/features/api-keys/api-key-list";

const route = getRouteApi("/shell/api-keys");

export function ApiKeysPage() {
  const { q } = route.useSearch();
  const navigate = useNavigate();
  return (
    <ApiKeyList
      q={q ?? ""}
      onSearch={(next) =>
        void navigate({ to: "/api-keys", search: { q: next || undefined }, replace: true })
      }
    />
  );
}
