import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { formatsOf, type Formats, type Locale } from "@/lib/format";

/** Formatters of the chosen language and the zone of this computer. */
export function useFormats(): Formats {
  const { i18n } = useTranslation();
  const locale = i18n.language as Locale;
  return useMemo(() => formatsOf(locale), [locale]);
}
