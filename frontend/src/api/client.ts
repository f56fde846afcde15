import { ApiProblem, problemOf } from "./problem";

type QueryValue = string | number | boolean | readonly string[] | null | undefined;

interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  query?: Record<string, QueryValue>;
  body?: unknown;
  /** A body that is JSON already, sent as it is written. */
  text?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

export interface Answer<T> {
  data: T;
  headers: Headers;
}

type Listener = (problem: ApiProblem) => void;
const unauthorizedListeners = new Set<Listener>();
let logins = 0;

/** A new session has begun: what was asked before it says nothing about it. */
export function sessionBegun(): void {
  logins += 1;
}

/** Be told when the session has ended; returns the way to stop listening. */
export function onUnauthorized(listener: Listener): () => void {
  unauthorizedListeners.add(listener);
  return () => unauthorizedListeners.delete(listener);
}

function address(path: string, query: Record<string, QueryValue> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === "") continue;
    const text = Array.isArray(value) ? value.join(",") : String(value);
    if (text !== "") search.set(name, text);
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

async function parse(response: Response): Promise<unknown> {
  const type = response.headers.get("Content-Type") ?? "";
  if (!/\bjson\b/.test(type)) return null;
  try {
    return await response.json();
  } catch {
    return null;
  }
}

/**
 * The one door to the server: checks status and content type, turns every failure into an
 * ApiProblem. `T` is the generated type of the answer.
 */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<Answer<T>> {
  const loginsBefore = logins;
  const response = await send(path, options);
  const body = await parse(response);
  if (!response.ok) {
    const problem = problemOf(response.status, body);
    if (problem.code === "authentication_required" && loginsBefore === logins) {
      unauthorizedListeners.forEach((tell) => tell(problem));
    }
    throw problem;
  }
  if (body === null) {
    throw new ApiProblem({
      status: response.status,
      code: "unexpected_answer",
      detail: "The server answered with something that is not JSON.",
    });
  }
  return { data: body as T, headers: response.headers };
}

async function send(path: string, options: RequestOptions): Promise<Response> {
  const body =
    options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  try {
    return await fetch(address(path, options.query), {
      method: options.method ?? "GET",
      credentials: "same-origin",
      headers: {
        Accept: "application/json",
        ...(body !== undefined ? { "Content-Type": "application/json" } : {}),
        ...options.headers,
      },
      ...(body !== undefined ? { body } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiProblem({
      status: 0,
      code: "network",
      detail: "The server does not answer.",
    });
  }
}

export async function get<T>(
  path: string,
  query?: Record<string, QueryValue>,
  signal?: AbortSignal,
): Promise<T> {
  const answer = await request<T>(path, { ...(query ? { query } : {}), signal });
  return answer.data;
}

export async function change<T>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
): Promise<T> {
  const answer = await request<T>(path, { method, ...(body === undefined ? {} : { body }) });
  return answer.data;
}
