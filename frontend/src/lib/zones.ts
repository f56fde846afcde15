/** Every zone the browser knows, those of Brazil first. */
export function timeZones(): string[] {
  const all = Intl.supportedValuesOf("timeZone");
  const brazil = new Set([
    "America/Sao_Paulo",
    "America/Manaus",
    "America/Cuiaba",
    "America/Belem",
    "America/Fortaleza",
    "America/Recife",
    "America/Bahia",
    "America/Rio_Branco",
    "America/Noronha",
  ]);
  return [...brazil, ...all.filter((zone) => !brazil.has(zone)), "UTC"].filter(
    (zone, index, list) => list.indexOf(zone) === index,
  );
}

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
