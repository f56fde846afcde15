import { useTranslation } from "react-i18next";
import { SqlPanel } from "@/features/sql/sql-panel";
import { Crumb } from "@/ui/crumb";
import { Page } from "@/ui/page";

export function SqlPage() {
  const { t } = useTranslation();
  return (
    <Page title={t("sql.title")} above={<Crumb to="/datasets" label={t("datasets.title")} />}>
      <SqlPanel />
    </Page>
  );
}
