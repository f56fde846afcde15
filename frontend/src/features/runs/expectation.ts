export interface Expectation {
  durationMs: number;
  rows: number | null;
}

/** 0 to 100 by whichever says more: rows when they move, else time. Never 100 before the end. */
export function progressPercent(
  expected: Expectation,
  elapsedMs: number,
  rows: number | null,
): number {
  const byTime = expected.durationMs > 0 ? elapsedMs / expected.durationMs : 0;
  const isCounted = expected.rows !== null && expected.rows > 0 && rows !== null && rows > 0;
  const done = isCounted ? rows / (expected.rows ?? 1) : byTime;
  return Math.max(2, Math.min(97, done * 100));
}
