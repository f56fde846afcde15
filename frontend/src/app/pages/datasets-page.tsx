import { Button } from "@mantine/core";
import { IconSql } from "@tabler/icons-react";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { parseDatasetSort } from "@/features/datasets/dataset-entries";
import { DatasetList } from "@/features/datasets/dataset-list";
import { LiveToggle } from "@/ui/live";
import { Page } from "@/ui/page";

const route = getRouteApi("/shell/datasets/");

export function DatasetsPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = useNavigate();
  const sort = useMemo(() => parseDatasetSort(search.sort), [search.sort]);
  const change = (part: Partial<typeof search>) =>
    void navigate({ to: "/datasets", search: { ...search, ...part }, replace: true });
  return (
    <Page
      title={t("datasets.title")}
      actions={
        <>
          <Button
            variant="default"
            leftSection={<IconSql size={15} />}
            renderRoot={(props) => <Link to="/sql" {...props} />}
          >
            {t("sql.title")}
          </Button>
          <LiveToggle />
        </>
      }
    >
      <DatasetList
        q={search.q ?? ""}
        isUnused={search.use === "none"}
        sort={sort}
        onSearch={(q) => change({ q: q || undefined })}
        onUnused={(isUnused) => change({ use: isUnused ? "none" : undefined })}
        onSort={(next) => change({ sort: `${next.isDescending ? "-" : ""}${next.key}` })}
      />
    </Page>
  );
}
