/** A number whose digits a JavaScript number cannot hold; kept as the server wrote it. */
export class ExactNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

interface SourceContext {
  source?: string;
}

function isExact(value: number, source: string): boolean {
  if (String(value) === source) return true;
  // 1.50 and 1.5 are the same number written differently; 0.1 + many digits is not.
  const significant = source
    .replace(/[eE].*$/, "")
    .replace(/[-+.]/g, "")
    .replace(/^0+/, "");
  return significant.length <= 15;
}

/**
 * JSON.parse that loses no digit: a number that does not fit becomes an ExactNumber, and one that
 * is written with trailing zeros ("1.50") too. Engines that do not pass the source text to the
 * reviver fall back to plain numbers.
 */
export function parseExact(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: SourceContext): unknown => {
    if (typeof value !== "number" || context?.source === undefined) return value;
    if (String(value) === context.source) return value;
    return isExact(value, context.source) && !context.source.includes(".")
      ? value
      : new ExactNumber(context.source);
  };
  return JSON.parse(text, revive);
}
