import type { Page, Route } from "@playwright/test";
import { expect, test } from "./fixtures.ts";

const answer = (route: Route, status: number, body: unknown) =>
  route.fulfill({
    status,
    contentType: status < 400 ? "application/json" : "application/problem+json",
    body: JSON.stringify(body),
  });

/** Where each list comes from, and what it says when it is empty. */
const LISTS = [
  { path: "/jobs", source: /\/api\/jobs\?brief/, empty: "No jobs yet" },
  { path: "/connections", source: /\/api\/connections$/, empty: "No connections yet" },
  { path: "/targets", source: /\/api\/targets$/, empty: "No targets yet" },
  { path: "/parameters", source: /\/api\/parameters$/, empty: "No parameters yet" },
  { path: "/api-keys", source: /\/api\/api-keys$/, empty: "No API keys yet" },
  { path: "/runs", source: /\/api\/runs\?/, empty: "No runs yet" },
  { path: "/datasets", source: /\/api\/(data\/)?datasets$/, empty: "No datasets yet" },
  { path: "/logs", source: /\/api\/logs\?/, empty: "No log records" },
  { path: "/users", source: /\/api\/users$/, empty: "No users" },
];

const isPaged = (path: string) => path === "/runs" || path === "/logs";

async function retried(page: Page, source: RegExp): Promise<void> {
  const alert = page.getByRole("alert");
  const retry = alert.getByRole("button", { name: "Try again" });
  await expect(retry).toBeVisible();
  await page.unroute(source);
  await retry.click();
  await expect(alert).toHaveCount(0);
}

for (const { path, source, empty } of LISTS) {
  test(`${path}: an error is explained and can be retried`, async ({ page, guard }) => {
    guard.tolerate(/status of 500/);
    const problem = { code: "internal_error", status: 500, detail: "It broke." };
    await page.route(source, (route) => answer(route, 500, problem));
    await page.goto(path);
    await retried(page, source);
    await expect(page.getByRole("main").getByRole("status")).toHaveCount(0);
  });

  test(`${path}: an empty list says what comes next`, async ({ page }) => {
    const nothing = isPaged(path) ? { items: [], page: 1, size: 50, total: 0, pages: 0 } : [];
    await page.route(source, (route) => answer(route, 200, nothing));
    await page.goto(path);
    await expect(page.getByRole("main")).toContainText(empty);
  });
}

test("a server that waits for its database is asked again before one is told", async ({
  page,
  guard,
}) => {
  guard.tolerate(/status of 503/);
  const source = /\/api\/overview/;
  let asked = 0;
  await page.route(source, (route) => {
    asked += 1;
    const problem = { code: "metadata_unavailable", status: 503, detail: "No database." };
    return answer(route, 503, problem);
  });
  await page.goto("/");
  await expect(page.getByRole("alert")).toContainText("The server waits for its database");
  expect(asked).toBeGreaterThan(1);
  await retried(page, source);
  await expect(page.getByRole("region", { name: "Today" })).toBeVisible();
});
