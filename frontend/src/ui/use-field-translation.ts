import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useProblemText } from "@/i18n/use-problem-text";

/** The words of the catalogue for the code of a faulty field, or null when it has none. */
export function useFieldTranslation(): (code: string) => string | null {
  const { i18n, t } = useTranslation();
  const { ofCode } = useProblemText();
  return useCallback(
    (code) => {
      if (code === "required" || code === "missing") return t("job.required");
      return i18n.exists(`errors.${code}.title`) ? ofCode(code, "").title : null;
    },
    [i18n, ofCode, t],
  );
}
