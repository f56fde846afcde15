import type { Locale } from "./format";

/** A cron text in words, or null when it cannot be read; loads the reader when first asked. */
export async function cronWords(text: string, locale: Locale): Promise<string | null> {
  const { default: reader } = await import("cronstrue");
  if (locale === "pt-BR") await import("cronstrue/locales/pt_BR");
  try {
    return reader.toString(text, {
      locale: locale === "pt-BR" ? "pt_BR" : "en",
      use24HourTimeFormat: true,
    });
  } catch {
    // The library throws a sentence in English; the server says what is wrong with the text.
    return null;
  }
}
