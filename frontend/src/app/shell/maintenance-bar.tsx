import { IconBarrierBlock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { maintenanceQuery } from "@/api/maintenance";
import { useFormats } from "@/i18n/use-formats";
import { useInterval } from "@/ui/live";
import classes from "./shell.module.css";

/** Says on every page that nothing starts, who wanted it and why. */
export function MaintenanceBar() {
  const { t } = useTranslation();
  const formats = useFormats();
  const maintenance = useQuery({ ...maintenanceQuery, refetchInterval: useInterval(30_000) });
  if (maintenance.data?.isPaused !== true) return null;
  const { pausedAt, pausedBy, note } = maintenance.data;
  const who = t("maintenance.since", {
    name: pausedBy ?? t("values.unknown"),
    when: pausedAt ? formats.dateTime(pausedAt) : t("values.unknown"),
  });
  return (
    <div className={classes.maintenance} role="note">
      <IconBarrierBlock size={16} aria-hidden />
      <span>
        <strong>{t("maintenance.on")}</strong> {who} {note}{" "}
        <Link to="/about">{t("nav.about")}</Link>
      </span>
    </div>
  );
}
