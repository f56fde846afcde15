import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { jobWire } from "@/testing/factories";
import { server } from "@/testing/server";
import { toJob, updateJob, type Job } from "./jobs";

async function savedBody(base: Job, lastDataDate: string | null): Promise<unknown> {
  const bodies: unknown[] = [];
  server.use(
    http.put("*/api/jobs/:id", async ({ request }) => {
      bodies.push(await request.json());
      return HttpResponse.json({ msg: "updated" });
    }),
  );
  await updateJob(base, base.revision, { ...base, lastDataDate });
  return bodies[0];
}

describe("saving a job", () => {
  const base = toJob(jobWire({ last_data_date: "2024-01-31" }));

  it("leaves the last loaded day to the runs that move it meanwhile", async () => {
    expect(await savedBody(base, "2024-01-31")).not.toHaveProperty("last_data_date");
  });

  it("sends the last loaded day where it was edited", async () => {
    expect(await savedBody(base, null)).toMatchObject({ last_data_date: null });
  });
});
