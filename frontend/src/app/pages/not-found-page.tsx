import { Button, VisuallyHidden } from "@mantine/core";
import { IconMapQuestion } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/ui/empty-state";

/** A page of the shell that does not exist. */
export function NotFoundPage() {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${t("app.notFound")} · AutomacaoSQL`;
  }, [t]);
  return (
    <>
      <VisuallyHidden component="h1">{t("app.notFound")}</VisuallyHidden>
      <EmptyState
        icon={IconMapQuestion}
        title={t("app.notFound")}
        help={t("app.notFoundHelp")}
        action={
          <Button renderRoot={(props) => <Link to="/" {...props} />}>{t("app.toHome")}</Button>
        }
      />
    </>
  );
}

/** An address outside of every page. */
export function LostPage() {
  return (
    <main>
      <NotFoundPage />
    </main>
  );
}
