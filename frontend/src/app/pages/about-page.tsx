import { useTranslation } from "react-i18next";
import { About } from "@/features/about/about";
import { Page } from "@/ui/page";

export function AboutPage() {
  const { t } = useTranslation();
  return (
    <Page title={t("about.title")}>
      <About />
    </Page>
  );
}
