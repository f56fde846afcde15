import { SLOW_QUERY } from "./api.ts";
import { expect, test } from "./fixtures.ts";

test.describe("a moderator", () => {
  test.use({ person: "moderator" });

  test("has no entry for users and keys, and the server refuses them", async ({ page, guard }) => {
    guard.tolerate(/status of 403/);
    await page.goto("/");
    const navigation = page.getByRole("navigation", { name: "Main navigation" });
    await expect(navigation.getByRole("link", { name: "Connections" })).toBeVisible();
    await expect(navigation.getByRole("link", { name: "Users" })).toHaveCount(0);
    await expect(navigation.getByRole("link", { name: "API keys" })).toHaveCount(0);
    for (const path of ["/api/users", "/api/api-keys"]) {
      expect((await page.request.get(path)).status(), path).toBe(403);
    }
    // Who knows the address should get an explanation, not a broken page
    await page.goto("/users");
    await expect(page.getByRole("main")).toContainText("Your role may not do this");
    await expect(page.getByRole("button", { name: "New user" })).toHaveCount(0);
  });

  test("runs and edits jobs", async ({ page, api }) => {
    const job = await api.job("Moderated", "select 1 as n");
    await page.goto(`/jobs/${job.jobId}`);
    await expect(page.getByRole("button", { name: "Run now" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Save", exact: true })).toBeVisible();
  });
});

test.describe("a normal user", () => {
  test.use({ person: "normal" });

  test("sees a job without any control that changes it", async ({ page, api }) => {
    const job = await api.finished("Looked at", "select 1 as n");
    await page.goto(`/jobs/${job.jobId}`);
    await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue(job.name);
    await expect(page.getByText("your role may not change jobs")).toBeVisible();
    for (const name of ["Save", "Run now", "Preview 100 rows", "Workdays"]) {
      await expect(page.getByRole("button", { name, exact: true }), name).toHaveCount(0);
    }
    await page.getByRole("button", { name: `More actions for ${job.name}` }).click();
    await expect(page.getByRole("menuitem")).toHaveText(["Runs", "Why did it not run?", "Clone"]);

    await page.goto(`/runs/${job.runId}`);
    await expect(page.getByText(/^1 row published in /)).toBeVisible();
    await expect(page.getByRole("button", { name: "Run again" })).toHaveCount(0);
  });

  test("cannot stop a run", async ({ page, api }) => {
    const job = await api.job("Not theirs", SLOW_QUERY);
    const runId = await api.start(job.jobId);
    await page.goto(`/runs/${runId}`);
    await expect(page.getByRole("progressbar", { name: "Progress" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Cancel run" })).toHaveCount(0);
    expect((await page.request.post(`/api/runs/${runId}/cancel`)).status()).toBe(403);
    await api.post(`/api/runs/${runId}/cancel`, {}, 202);
  });

  test("is refused by the server whatever the page shows", async ({ page, api }) => {
    const { jobId } = await api.job("Refused", "select 1 as n");
    const { request } = page;
    const answers = await Promise.all([
      request.post(`/api/jobs/${jobId}/runs`, { data: {} }),
      request.put(`/api/jobs/${jobId}`, { data: { job_name: "mine" } }),
      request.delete(`/api/jobs/${jobId}`),
      request.post("/api/connections", { data: { name: "mine", kind: "postgres" } }),
      request.get("/api/users"),
      request.post("/api/api-keys", { data: { name: "mine" } }),
    ]);
    expect(answers.map((answer) => answer.status())).toEqual(answers.map(() => 403));
  });

  test("proposes a job that a moderator activates", async ({ page }) => {
    await page.goto("/jobs");
    await page.getByRole("link", { name: "Propose a job" }).click();
    await expect(page.getByText("A moderator checks and activates it.")).toBeVisible();
    await expect(page.getByRole("switch", { name: "Runs on schedule" })).toHaveCount(0);
  });
});
