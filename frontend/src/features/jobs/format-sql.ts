import type { ConnectionKind } from "@/api/connections";

const withoutBlanks = (text: string) => text.replace(/\s+/g, "").toLowerCase();

/**
 * The query with other blanks and line breaks, or null when the formatter would change anything
 * else: what runs is never rewritten.
 */
export async function formatSql(text: string, kind: ConnectionKind): Promise<string | null> {
  const { formatDialect, plsql, postgresql } = await import("sql-formatter");
  try {
    const formatted = formatDialect(text, {
      dialect: kind === "oracle" ? plsql : postgresql,
      tabWidth: 2,
      keywordCase: "preserve",
      linesBetweenQueries: 1,
    });
    return withoutBlanks(formatted) === withoutBlanks(text) ? formatted : null;
  } catch {
    return null;
  }
}
