import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { DatasetDetail } from "@/features/datasets/dataset-detail";

const route = getRouteApi("/shell/datasets/$");

export function DatasetPage() {
  const name = route.useParams()._splat ?? "";
  const { tab } = route.useSearch();
  const navigate = useNavigate();
  return (
    <DatasetDetail
      key={name}
      name={name}
      tab={tab ?? "data"}
      onTab={(next) =>
        void navigate({
          to: "/datasets/$",
          params: { _splat: name },
          search: { tab: next === "data" ? undefined : next },
          replace: true,
        })
      }
    />
  );
}
