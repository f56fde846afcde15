import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { Catalogue } from "@/i18n/en";
import { useProblemText } from "@/i18n/use-problem-text";

type Why = Catalogue["why"];

/** The words for an outcome, an absence, a reason, what is waited for, or an error. */
export function useWhyText(): (code: string, fallback: string) => string {
  const { t, i18n } = useTranslation();
  const { ofCode } = useProblemText();
  return useCallback(
    (code, fallback) => {
      if (i18n.exists(`why.absences.${code}`)) {
        return t(`why.absences.${code as keyof Why["absences"]}`);
      }
      if (i18n.exists(`why.outcomeHelp.${code}`)) {
        return t(`why.outcomeHelp.${code as keyof Why["outcomeHelp"]}`);
      }
      if (i18n.exists(`reasons.${code}`)) return t(`reasons.${code as keyof Catalogue["reasons"]}`);
      if (i18n.exists(`waiting.${code}`)) return t(`waiting.${code as keyof Catalogue["waiting"]}`);
      return ofCode(code, fallback).title;
    },
    [t, i18n, ofCode],
  );
}
