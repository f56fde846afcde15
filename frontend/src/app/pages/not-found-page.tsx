import { Button } from "@mantine/core";
import { IconMapQuestion } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/ui/empty-state";

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={IconMapQuestion}
      title={t("app.notFound")}
      help={t("app.notFoundHelp")}
      action={<Button renderRoot={(props) => <Link to="/" {...props} />}>{t("app.toHome")}</Button>}
    />
  );
}
