import type { Dataset } from "@/api/datasets";

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** Texts to begin with, about the datasets there are. */
export function examplesOf(datasets: readonly Dataset[]): string[] {
  const [first, second] = datasets;
  if (first === undefined) return ["SELECT 1 AS n"];
  const column = first.columns[0]?.name ?? "n";
  const examples = [
    `SELECT *\nFROM ${quoted(first.name)}\nLIMIT 100`,
    `SELECT ${quoted(column)}, count(*) AS n\nFROM ${quoted(first.name)}\nGROUP BY ALL\nORDER BY n DESC`,
    `SUMMARIZE ${quoted(first.name)}`,
  ];
  const shared = second?.columns.find((one) => first.columns.some((c) => c.name === one.name));
  if (second !== undefined && shared !== undefined) {
    examples.push(
      `SELECT *\nFROM ${quoted(first.name)} AS a\nJOIN ${quoted(second.name)} AS b USING (${quoted(shared.name)})\nLIMIT 100`,
    );
  }
  return examples;
}
