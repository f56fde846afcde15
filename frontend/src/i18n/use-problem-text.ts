import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { isProblem } from "@/api/problem";
import type { Catalogue } from "./en";

export interface ProblemText {
  title: string;
  help: string;
  /** False when the catalogue has no text for the code and the server's own words stand in. */
  isTranslated: boolean;
}

type ErrorCode = keyof Catalogue["errors"];

/** Turns a code of the server into words; falls back to the words of the server. */
export function useProblemText() {
  const { t, i18n } = useTranslation();
  const ofCode = useCallback(
    (code: string, fallback: string): ProblemText => {
      const key = code as ErrorCode;
      if (!i18n.exists(`errors.${code}.title`)) {
        return { title: fallback, help: t("errorPanel.unknownHelp"), isTranslated: false };
      }
      return { title: t(`errors.${key}.title`), help: t(`errors.${key}.help`), isTranslated: true };
    },
    [t, i18n],
  );
  const of = useCallback(
    (error: unknown): ProblemText =>
      isProblem(error)
        ? ofCode(error.code, error.detail)
        : {
            title: t("errorPanel.unknown"),
            help: t("errorPanel.unknownHelp"),
            isTranslated: true,
          },
    [ofCode, t],
  );
  return { of, ofCode };
}
