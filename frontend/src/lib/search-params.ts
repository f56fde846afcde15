/** Search of an address as plain texts: `?q=007` stays "007". */
export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === "string" && value !== "") params.set(name, value);
    if (typeof value === "number" || typeof value === "boolean") params.set(name, String(value));
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

/** "a,b" as the known ones among its parts. */
export function commaList<T extends string>(text: string | undefined, known: readonly T[]): T[] {
  const parts = (text ?? "").split(",");
  return known.filter((value) => parts.includes(value));
}
