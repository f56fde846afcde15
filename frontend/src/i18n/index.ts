import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type { Locale } from "@/lib/format";
import type { Catalogue, PageTexts } from "./en";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: Catalogue };
  }
}

export const LOCALES: readonly Locale[] = ["pt-BR", "en"];
const STORAGE_KEY = "asql-language";

const pageTexts: Record<Locale, () => Promise<PageTexts>> = {
  "pt-BR": async () => (await import("./pt-BR")).ptBr,
  en: async () => (await import("./en")).en,
};

const errorTexts: Record<Locale, () => Promise<Catalogue["errors"]>> = {
  "pt-BR": async () => (await import("./errors.pt-BR.json")).default,
  en: async () => (await import("./errors.en.json")).default,
};

export function isLocale(text: string | null): text is Locale {
  return LOCALES.some((locale) => locale === text);
}

/** What was chosen, else what the browser prefers, else English. */
export function preferredLocale(): Locale {
  const stored = localStorage.getItem(STORAGE_KEY);
  if (isLocale(stored)) return stored;
  for (const language of navigator.languages) {
    if (language.toLowerCase().startsWith("pt")) return "pt-BR";
    if (language.toLowerCase().startsWith("en")) return "en";
  }
  return "en";
}

/** Adds the words of errors; what shows an error already is drawn again with them. */
export async function loadErrorTexts(locale: Locale): Promise<void> {
  i18next.addResourceBundle(locale, "translation", { errors: await errorTexts[locale]() }, true);
}

export async function changeLocale(locale: Locale): Promise<void> {
  if (!i18next.hasResourceBundle(locale, "translation")) {
    i18next.addResourceBundle(locale, "translation", await pageTexts[locale]());
    await loadErrorTexts(locale);
  }
  localStorage.setItem(STORAGE_KEY, locale);
  await i18next.changeLanguage(locale);
  document.documentElement.lang = locale;
}

/** Ready to draw pages in the locale; the words of errors are still to be loaded. */
export async function startI18n(locale: Locale = preferredLocale()): Promise<void> {
  const resources = { [locale]: { translation: await pageTexts[locale]() } };
  await i18next.use(initReactI18next).init({
    resources,
    lng: locale,
    fallbackLng: false,
    interpolation: { escapeValue: false },
    react: { bindI18nStore: "added" },
    returnNull: false,
  });
  document.documentElement.lang = locale;
}
