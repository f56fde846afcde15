import { IconPlayerPause } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Tag } from "@/ui/tag";

export function PauseTag() {
  const { t } = useTranslation();
  return (
    <Tag tone="warn" icon={IconPlayerPause}>
      {t("plan.paused")}
    </Tag>
  );
}
