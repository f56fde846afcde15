import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { TargetList } from "@/features/targets/target-list";
import { Page } from "@/ui/page";

const route = getRouteApi("/shell/targets");

export function TargetsPage() {
  const { t } = useTranslation();
  const { q } = route.useSearch();
  const navigate = useNavigate();
  return (
    <Page title={t("targets.title")}>
      <TargetList
        q={q ?? ""}
        onSearch={(next) =>
          void navigate({ to: "/targets", search: { q: next || undefined }, replace: true })
        }
      />
    </Page>
  );
}
