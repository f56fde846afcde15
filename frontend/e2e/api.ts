import { expect, type APIRequestContext, type APIResponse } from "@playwright/test";

export interface Run {
  run_id: number;
  state: string;
  error_code: string | null;
}

interface Connection {
  connection_id: number;
  name: string;
}

export interface JobSeed {
  name: string;
  sql: string;
  /** The file; its dataset is `e2e/<file>`. */
  file: string;
}

export const FOLDER = "e2e";

/** Some thirty seconds of work, row by row. */
export const SLOW_QUERY = "select n, pg_sleep(0.01)::text from generate_series(1, 3000) n";

let made = 0;

/** A name no other test of any run uses. */
export function unique(word: string): string {
  made += 1;
  return `${word} ${Date.now().toString(36)}${made}`;
}

/** A unique name as a file name. */
export function fileOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
}

/** Puts things into the product by its interface for programs, with the login of `request`. */
export class Api {
  readonly request: APIRequestContext;

  constructor(request: APIRequestContext) {
    this.request = request;
  }

  async get<T>(path: string): Promise<T> {
    return (await expected(await this.request.get(path), 200)) as T;
  }

  async post<T>(path: string, data: unknown, status = 201): Promise<T> {
    return (await expected(await this.request.post(path, { data }), status)) as T;
  }

  async put(path: string, data: unknown): Promise<void> {
    await expected(await this.request.put(path, { data }), 200);
  }

  async demoConnection(): Promise<Connection> {
    const all = await this.get<Connection[]>("/api/connections");
    const demo = all.find((one) => one.name === "demo");
    if (demo === undefined) throw new Error("The demonstration is not loaded");
    return demo;
  }

  /** A connection to a port where nobody listens. */
  async deadConnection(): Promise<string> {
    const name = unique("Dead");
    const address = { host: "127.0.0.1", port: 1, database: "nothing" };
    const login = { username: "nobody", password: "nothing" };
    await this.post("/api/connections", { name, kind: "postgres", ...address, ...login });
    return name;
  }

  async job(word: string, sql: string): Promise<JobSeed & { jobId: number }> {
    const name = unique(word);
    const file = fileOf(name);
    const { connection_id } = await this.demoConnection();
    const { job_id } = await this.post<{ job_id: number }>("/api/jobs", {
      job_name: name,
      job_status: "N",
      export_type: "Único",
      export_path: FOLDER,
      export_name: file,
      sql_script: sql,
      connection_id,
    });
    return { name, file, sql, jobId: job_id };
  }

  async start(jobId: number): Promise<number> {
    return (await this.post<Run>(`/api/jobs/${jobId}/runs`, {}, 202)).run_id;
  }

  run(runId: number): Promise<Run> {
    return this.get<Run>(`/api/runs/${runId}`);
  }

  /** Waits for the run to be so; one that ends otherwise says why. */
  async reached(runId: number, state: string): Promise<void> {
    await expect
      .poll(
        async () => {
          const found = await this.run(runId);
          const why = found.error_code === null ? "" : ` (${found.error_code})`;
          return found.state === state ? state : found.state + why;
        },
        { message: `run ${runId}` },
      )
      .toBe(state);
  }

  /** Waits for the run to be over, however it ends. */
  async ended(runId: number): Promise<void> {
    await expect
      .poll(async () => (await this.run(runId)).state, { message: `run ${runId}` })
      .toMatch(/succeeded|failed|cancelled/);
  }

  /** A job of this query that has run. */
  async finished(word: string, sql: string, state = "succeeded") {
    const job = await this.job(word, sql);
    const runId = await this.start(job.jobId);
    await this.reached(runId, state);
    return { ...job, runId };
  }

  async user(username: string, password: string, role: string): Promise<number> {
    const body = { username, password, role };
    return (await this.post<{ user_id: number }>("/api/users", body)).user_id;
  }

  async login(username: string, password: string): Promise<void> {
    await this.post("/api/login", { username, password }, 200);
  }
}

async function expected(response: APIResponse, status: number): Promise<unknown> {
  const text = await response.text();
  expect(response.status(), `${response.url()}: ${text}`).toBe(status);
  return JSON.parse(text);
}
