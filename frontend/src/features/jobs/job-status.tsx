import { IconCalendarCheck, IconCalendarOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Tag } from "@/ui/tag";

export function JobStatus({ isActive }: { isActive: boolean }) {
  const { t } = useTranslation();
  return isActive ? (
    <Tag tone="good" icon={IconCalendarCheck}>
      {t("jobs.active")}
    </Tag>
  ) : (
    <Tag tone="quiet" icon={IconCalendarOff}>
      {t("jobs.inactive")}
    </Tag>
  );
}
