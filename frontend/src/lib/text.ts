/** Lower case without accents, for searching: "Sáb" is found by "sab". */
export function folded(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase();
}

/** True when every word of the search occurs somewhere in the text. */
export function matches(text: string, search: string): boolean {
  const hay = folded(text);
  return folded(search)
    .split(/\s+/)
    .every((word) => hay.includes(word));
}
