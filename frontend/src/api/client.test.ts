import { http, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";
import { problemAnswer, server } from "@/testing/server";
import { get, onUnauthorized, sessionBegun } from "./client";
import { ApiProblem } from "./problem";

async function failureOf(promise: Promise<unknown>): Promise<ApiProblem> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ApiProblem) return error;
    throw error;
  }
  throw new Error("it should have failed");
}

describe("requests", () => {
  it("carry the code, the sentence and the faulty fields of a problem", async () => {
    server.use(
      http.get("*/api/jobs", () =>
        problemAnswer(422, "job_invalid", "No.", {
          errors: [{ field: "job_name", code: "required", message: "is empty" }],
          line: 3,
        }),
      ),
    );
    const problem = await failureOf(get("/api/jobs"));
    expect(problem).toMatchObject({ status: 422, code: "job_invalid", detail: "No.", line: 3 });
    expect(problem.errors[0]?.field).toBe("job_name");
  });

  it("say that the server is away", async () => {
    server.use(http.get("*/api/jobs", () => HttpResponse.error()));
    expect(await failureOf(get("/api/jobs"))).toMatchObject({ status: 0, code: "network" });
  });

  it("take a page of HTML for what it is", async () => {
    server.use(http.get("*/api/jobs", () => HttpResponse.html("<p>proxy</p>")));
    expect((await failureOf(get("/api/jobs"))).code).toBe("unexpected_answer");
  });

  it("tell when the session has ended", async () => {
    const tell = vi.fn();
    const stop = onUnauthorized(tell);
    server.use(http.get("*/api/jobs", () => problemAnswer(401, "authentication_required")));
    await failureOf(get("/api/jobs"));
    expect(tell).toHaveBeenCalledOnce();
    stop();
  });

  it("do not end a session that began after they were asked", async () => {
    const tell = vi.fn();
    const stop = onUnauthorized(tell);
    server.use(
      http.get("*/api/jobs", () => {
        sessionBegun();
        return problemAnswer(401, "authentication_required");
      }),
    );
    expect((await failureOf(get("/api/jobs"))).status).toBe(401);
    expect(tell).not.toHaveBeenCalled();
    stop();
  });

  it("leave out what is empty from the address", async () => {
    let seen = "";
    server.use(
      http.get("*/api/runs", ({ request }) => {
        seen = new URL(request.url).search;
        return HttpResponse.json({});
      }),
    );
    await get("/api/runs", { q: "", state: ["failed", "queued"], page: 2, job_id: undefined });
    expect(seen).toBe("?state=failed%2Cqueued&page=2");
  });
});
