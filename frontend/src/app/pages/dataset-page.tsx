import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { DatasetSearch } from "@/app/search";
import { DatasetDetail } from "@/features/datasets/dataset-detail";

const route = getRouteApi("/shell/datasets/$");

export function DatasetPage() {
  const name = route.useParams()._splat ?? "";
  const { tab, sort = "", where = "" } = route.useSearch();
  const navigate = useNavigate();
  const view = useMemo(() => ({ sort, where }), [sort, where]);
  const go = (search: DatasetSearch) =>
    void navigate({ to: "/datasets/$", params: { _splat: name }, search, replace: true });
  return (
    <DatasetDetail
      key={name}
      name={name}
      tab={tab ?? "data"}
      onTab={(next) => go({ tab: next === "data" ? undefined : next, sort, where })}
      view={view}
      onView={(next) => go({ tab, ...next })}
    />
  );
}
