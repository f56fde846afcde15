import type { SQLNamespace } from "@codemirror/lang-sql";
import type { CatalogueTable } from "@/api/catalogue";

/**
 * What the editor completes: `schema.table.column`, and tables by their bare name; where two
 * schemas have the same table, the first one wins, which is the account's own.
 */
export function completionOf(tables: readonly CatalogueTable[]): SQLNamespace {
  const bySchema: Record<string, Record<string, string[]>> = {};
  const bare: Record<string, string[]> = {};
  for (const { schema, name, columns } of tables) {
    (bySchema[schema] ??= {})[name] = columns;
    bare[name] ??= columns;
  }
  return { ...bare, ...bySchema };
}
