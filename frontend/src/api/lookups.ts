export const ASKED_FOR = ["new", "changed", "all"] as const;
export const ON_FAILURE = ["keep", "null", "skip", "fail"] as const;

/** How the value of a header looks that is kept and not shown. */
export const SEALED = "sealed:";

/** A column filled by asking a service; named as the server names its members. */
export interface LookUp {
  column: string;
  url: string;
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  secret_headers?: string[];
  body?: Record<string, unknown> | null;
  json_path?: string;
  only?: (typeof ASKED_FOR)[number];
  concurrency?: number;
  per_second?: number | null;
  timeout_s?: number;
  retries?: number;
  on_failure?: (typeof ON_FAILURE)[number];
}

export const NEW_LOOK_UP: LookUp = { column: "", url: "https://", method: "GET", json_path: "" };
