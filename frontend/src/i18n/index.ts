import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type { Locale } from "@/lib/format";
import type { Catalogue } from "./en";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: Catalogue };
  }
}

export const LOCALES: readonly Locale[] = ["pt-BR", "en"];
const STORAGE_KEY = "asql-language";

const loaders: Record<Locale, () => Promise<Catalogue>> = {
  "pt-BR": async () => (await import("./pt-BR")).ptBr,
  en: async () => (await import("./en")).en,
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

async function load(locale: Locale): Promise<void> {
  if (!i18next.hasResourceBundle(locale, "translation")) {
    i18next.addResourceBundle(locale, "translation", await loaders[locale]());
  }
}

export async function changeLocale(locale: Locale): Promise<void> {
  await load(locale);
  localStorage.setItem(STORAGE_KEY, locale);
  await i18next.changeLanguage(locale);
  document.documentElement.lang = locale;
}

export async function startI18n(locale: Locale = preferredLocale()): Promise<void> {
  const resources = { [locale]: { translation: await loaders[locale]() } };
  await i18next.use(initReactI18next).init({
    resources,
    lng: locale,
    fallbackLng: false,
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = locale;
}
