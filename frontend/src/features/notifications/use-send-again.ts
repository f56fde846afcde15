import { useTranslation } from "react-i18next";
import { sendAgain } from "@/api/notifications";
import { useAction } from "@/ui/use-action";

/** Put a message into the queue once more. */
export function useSendAgain() {
  const { t } = useTranslation();
  return useAction({
    run: sendAgain,
    invalidates: [["notifications"], ["overview"]],
    done: () => t("notifications.queued"),
  });
}
