/** One faulty field of a request, as the server names it. */
export interface FieldProblem {
  field: string;
  code: string;
  message: string;
}

interface ProblemInit {
  status: number;
  code: string;
  detail: string;
  errors?: FieldProblem[] | undefined;
  hint?: string | null | undefined;
  databaseCode?: string | null | undefined;
  line?: number | null | undefined;
  column?: number | null | undefined;
  errorId?: string | null | undefined;
}

/** Everything that can go wrong with a request. Status 0: no answer came. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: FieldProblem[];
  readonly hint: string | null;
  readonly databaseCode: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly errorId: string | null;

  constructor(init: ProblemInit) {
    super(init.detail);
    this.name = "ApiProblem";
    this.status = init.status;
    this.code = init.code;
    this.detail = init.detail;
    this.errors = init.errors ?? [];
    this.hint = init.hint ?? null;
    this.databaseCode = init.databaseCode ?? null;
    this.line = init.line ?? null;
    this.column = init.column ?? null;
    this.errorId = init.errorId ?? null;
  }
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function fieldProblems(value: unknown): FieldProblem[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    if (typeof item !== "object" || item === null) return [];
    const entry = item as Record<string, unknown>;
    return [
      {
        field: text(entry.field) ?? "",
        code: text(entry.code) ?? "invalid",
        message: text(entry.message) ?? "",
      },
    ];
  });
}

/** The problem of an answer that is not a success, whatever its body looks like. */
export function problemOf(status: number, body: unknown): ApiProblem {
  const members: Record<string, unknown> =
    typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  return new ApiProblem({
    status,
    code: text(members.code) ?? `http_${status}`,
    detail: text(members.detail) ?? text(members.msg) ?? text(members.error) ?? `HTTP ${status}`,
    errors: fieldProblems(members.errors),
    hint: text(members.hint),
    databaseCode: text(members.database_code),
    line: number(members.line),
    column: number(members.column),
    errorId: text(members.error_id),
  });
}

export function isProblem(error: unknown): error is ApiProblem {
  return error instanceof ApiProblem;
}

export function isNotFound(error: unknown): boolean {
  return isProblem(error) && error.status === 404;
}
