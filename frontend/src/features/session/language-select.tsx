import { NativeSelect } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { changeLocale, isLocale, LOCALES } from "@/i18n";

export function LanguageSelect({ hasLabel = true }: { hasLabel?: boolean }) {
  const { t, i18n } = useTranslation();
  return (
    <NativeSelect
      size={hasLabel ? "sm" : "xs"}
      label={hasLabel ? t("app.language") : undefined}
      aria-label={t("app.language")}
      value={i18n.language}
      data={LOCALES.map((value) => ({ value, label: t(`app.languages.${value}`) }))}
      onChange={(event) => {
        const next = event.currentTarget.value;
        if (isLocale(next)) void changeLocale(next);
      }}
    />
  );
}
