/** ISO 8601 text of the server to a Date. */
export function moment(text: string): Date {
  return new Date(text);
}

export function momentOrNull(text: string | null | undefined): Date | null {
  return text === null || text === undefined ? null : new Date(text);
}
