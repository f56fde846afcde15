import { IconCloudOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { readinessQuery } from "@/api/health";
import { useInterval } from "@/ui/live";
import classes from "./shell.module.css";

/** Says so when the server is away, whatever page is open. */
export function OfflineBar() {
  const { t } = useTranslation();
  const readiness = useQuery({ ...readinessQuery, refetchInterval: useInterval(10_000) });
  if (!readiness.isError) return null;
  return (
    <div className={classes.offline} role="alert">
      <IconCloudOff size={16} aria-hidden />
      <strong>{t("app.offline")}.</strong> {t("app.offlineHelp")}
    </div>
  );
}
