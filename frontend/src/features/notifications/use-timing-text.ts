import { useTranslation } from "react-i18next";
import type { NotificationRule } from "@/api/notifications";

/** When a rule sends, in a few words. */
export function useTimingText() {
  const { t } = useTranslation();
  return (rule: NotificationRule): string => {
    const { digestEveryMin, digestAt, quietStart, quietEnd } = rule;
    const words = [
      digestEveryMin !== null
        ? t("rules.every", { n: digestEveryMin })
        : digestAt !== null
          ? t("rules.daily", { time: digestAt })
          : t("rules.atOnce"),
    ];
    if (quietStart !== null && quietEnd !== null) {
      words.push(t("rules.notBetween", { from: quietStart, to: quietEnd }));
    }
    return words.join(", ");
  };
}
