import type { Job } from "@/api/jobs";

export const MOST_TAGS = 10;
export const LONGEST_TAG = 40;

/** Capitals make no other tag. */
export function tagKey(tag: string): string {
  return tag.trim().normalize("NFC").toLowerCase();
}

/** Each tag once, as it is written where it is known, or first. */
export function asWritten(tags: readonly string[], known: readonly string[]): string[] {
  const spelling = new Map([...known, ...tags].reverse().map((tag) => [tagKey(tag), tag]));
  const written = tags.map((tag) => (spelling.get(tagKey(tag)) ?? tag).trim());
  return [...new Set(written)].filter((tag) => tag !== "");
}

/** With what is typed as one more, where there is room for it. */
export function withTyped(
  ended: readonly string[],
  typed: string,
  known: readonly string[],
): string[] {
  return asWritten(ended.length < MOST_TAGS ? [...ended, typed] : ended, known);
}

/** Every tag of these jobs, by the alphabet. */
export function tagsOf(jobs: readonly Job[], locale: string): string[] {
  return [...new Set(jobs.flatMap((job) => job.tags))].sort(
    new Intl.Collator(locale, { numeric: true }).compare,
  );
}

/** Of the search in an address, "a,b". */
export function parseTags(text: string | undefined): string[] {
  return asWritten((text ?? "").split(","), []);
}

export function hasTags(job: Job, tags: readonly string[]): boolean {
  const own = new Set(job.tags.map(tagKey));
  return tags.every((tag) => own.has(tagKey(tag)));
}
