import { useTranslation } from "react-i18next";
import { Home } from "@/features/home/home";
import { LiveToggle } from "@/ui/live";
import { Page } from "@/ui/page";

export function HomePage() {
  const { t } = useTranslation();
  return (
    <Page title={t("home.title")} actions={<LiveToggle />}>
      <Home />
    </Page>
  );
}
