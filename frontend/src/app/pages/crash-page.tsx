import { Button, Container } from "@mantine/core";
import { IconMoodSad } from "@tabler/icons-react";
import { useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { isProblem } from "@/api/problem";
import { EmptyState } from "@/ui/empty-state";
import { ErrorPanel } from "@/ui/error-panel";

/** A page that could not be drawn, or whose data did not come. */
export function CrashPage({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Container size="sm" py="xl">
      {isProblem(error) ? (
        <ErrorPanel error={error} onRetry={retry} />
      ) : (
        <EmptyState
          icon={IconMoodSad}
          title={t("app.crashed")}
          help={t("app.crashedHelp")}
          action={<Button onClick={() => window.location.reload()}>{t("app.reload")}</Button>}
        />
      )}
    </Container>
  );
}
