import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { Catalogue } from "@/i18n/en";

/** The words for a reason of a run; an unknown one as the server wrote it, none as null. */
export function useReason(): (reason: string | null) => string | null {
  const { t, i18n } = useTranslation();
  return useCallback(
    (reason) => {
      if (reason === null) return null;
      if (!i18n.exists(`reasons.${reason}`)) return reason;
      return t(`reasons.${reason as keyof Catalogue["reasons"]}`);
    },
    [t, i18n],
  );
}

/** The words for what a queued run waits for; the next free worker as null. */
export function useWaitingFor(): (waitingFor: string | null) => string | null {
  const { t, i18n } = useTranslation();
  return useCallback(
    (waitingFor) => {
      if (waitingFor === null) return null;
      if (!i18n.exists(`waiting.${waitingFor}`)) return waitingFor;
      return t(`waiting.${waitingFor as keyof Catalogue["waiting"]}`);
    },
    [t, i18n],
  );
}
