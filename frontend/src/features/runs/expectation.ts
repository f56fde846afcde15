import type { Run } from "@/api/runs";

export interface Expectation {
  durationMs: number;
  rows: number;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** What earlier successful runs of the job took; null without any. */
export function expectationOf(runs: readonly Run[]): Expectation | null {
  const good = runs.filter((run) => run.state === "succeeded" && run.durationMs !== null);
  if (good.length === 0) return null;
  return {
    durationMs: median(good.map((run) => run.durationMs ?? 0)),
    rows: median(good.map((run) => run.rows ?? 0)),
  };
}

/** 0 to 100 by whichever says more: rows when they move, else time. Never 100 before the end. */
export function progressPercent(
  expected: Expectation,
  elapsedMs: number,
  rows: number | null,
): number {
  const byTime = expected.durationMs > 0 ? elapsedMs / expected.durationMs : 0;
  const byRows = expected.rows > 0 && rows !== null && rows > 0 ? rows / expected.rows : byTime;
  return Math.max(2, Math.min(97, byRows * 100));
}
