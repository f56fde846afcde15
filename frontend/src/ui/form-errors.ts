import { isProblem } from "@/api/problem";

/**
 * The faults of the server by field of a form. `names` maps the server's field names to ours;
 * `translate` gives the words for a code, or null when only the server's own are known.
 */
export function fieldErrors(
  error: unknown,
  names: Readonly<Record<string, string>>,
  translate: (code: string) => string | null,
): Record<string, string> {
  if (!isProblem(error)) return {};
  const found: Record<string, string> = {};
  for (const fault of error.errors) {
    const name = names[fault.field] ?? names[fault.field.split(".")[0] ?? ""];
    if (name !== undefined) found[name] ??= translate(fault.code) ?? fault.message;
  }
  return found;
}
