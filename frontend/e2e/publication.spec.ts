import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileOf, unique } from "./api.ts";
import { expect, test } from "./fixtures.ts";

const THREE_ROWS = "select n, n * 10 as valor from generate_series(1, 3) n";

test("a version that a check holds back is seen, and released by a decision", async ({
  page,
  api,
}) => {
  const job = await api.finished("Held", THREE_ROWS);
  const guards = { min_rows: 2 };
  await api.put(`/api/jobs/${job.jobId}`, { sql_script: "select 1 as n, 10 as valor", guards });
  const second = await api.start(job.jobId);
  await api.ended(second);
  await page.goto(`/datasets/e2e/${job.file}`);
  await expect(page.getByRole("table", { name: /^Rows of/ })).toHaveAttribute("aria-rowcount", "4");
  await page.goto(`/datasets/e2e/${job.file}?tab=history`);
  const held = page.getByRole("alert").filter({ hasText: "1 version is held back" });
  await expect(held).toContainText("found 1, expected 2");
  await held.getByRole("button", { name: "Release" }).click();
  const dialog = page.getByRole("dialog", { name: /^Release version/ });
  await dialog.getByRole("button", { name: "Release the version" }).click();
  await expect(held).toBeHidden();
  await page.goto(`/datasets/e2e/${job.file}`);
  await expect(page.getByRole("table", { name: /^Rows of/ })).toHaveAttribute("aria-rowcount", "2");
});

test("two versions are compared row by row", async ({ page, api }) => {
  const job = await api.finished("Compared", THREE_ROWS);
  const later = "select n, n * 10 + (n = 3)::int as valor from generate_series(2, 4) n";
  await api.put(`/api/jobs/${job.jobId}`, { sql_script: later });
  await api.reached(await api.start(job.jobId), "succeeded");
  await page.goto(`/datasets/e2e/${job.file}?tab=history`);
  await page.getByRole("button", { name: /^Compare version/ }).click();
  const dialog = page.getByRole("dialog", { name: /^From version/ });
  await dialog.getByRole("textbox", { name: "Key columns" }).fill("n");
  await dialog.getByRole("button", { name: "Compare" }).click();
  await expect(dialog).toContainText("1 added · 1 removed · 1 changed · 1 unchanged");
});

test("past days are run, one run for each, and their progress is shown", async ({ page, api }) => {
  const job = await api.job("Past", "select :hoje::date as dia");
  await page.goto(`/jobs/${job.jobId}`);
  await page.getByRole("button", { name: "Run past days…" }).click();
  const dialog = page.getByRole("dialog", { name: /^Run past days of/ });
  await dialog.getByLabel("First day").fill("2026-01-05");
  await dialog.getByLabel("Last day").fill("2026-01-07");
  await dialog.getByRole("combobox", { name: "One run for" }).click();
  await page.getByRole("option", { name: "each day" }).click();
  await dialog.getByRole("button", { name: "Start" }).click();
  await expect(page.getByText("3 of 3 done")).toBeVisible();
  await page.getByRole("region", { name: "Past days" }).getByRole("link").click();
  await expect(page.getByRole("row")).toHaveCount(4);
});

test("a target is made, chosen for a job, and its delivery seen in the run", async ({
  page,
  api,
}) => {
  const target = unique("Share");
  const folder = join(process.env.ASQL_E2E_FOLDER ?? "", "csv", fileOf(target));
  mkdirSync(folder, { recursive: true });
  await page.goto("/targets");
  await page.getByRole("button", { name: "New target" }).click();
  const form = page.getByRole("dialog", { name: "New target" });
  await form.getByRole("textbox", { name: "Name" }).fill(target);
  await form.getByRole("textbox", { name: "Folder", exact: true }).fill(folder);
  await form.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("row", { name: new RegExp(target) })).toBeVisible();
  const job = await api.job("Delivered", THREE_ROWS);
  await page.goto(`/jobs/${job.jobId}`);
  await page.getByText("Delivery", { exact: true }).click();
  await page.getByRole("combobox", { name: "Add a target" }).click();
  await page.getByRole("option", { name: target }).click();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Unsaved changes")).toBeHidden();
  const runId = await api.start(job.jobId);
  await page.goto(`/runs/${runId}`);
  await expect(page.getByRole("row", { name: new RegExp(target) })).toContainText("Delivered");
  expect(existsSync(join(folder, `${job.file}.csv`))).toBe(true);
});

test("the week is planned by the keyboard alone", async ({ page, api }) => {
  const job = await api.job("Week", "select 1 as n");
  await page.goto(`/jobs/${job.jobId}`);
  await page.getByRole("button", { name: "Grid of the week" }).click();
  await page.getByRole("button", { name: "Monday 00:00" }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Tuesday 01:00" })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Unsaved changes")).toBeHidden();
  await page.reload();
  await page.getByRole("button", { name: "Grid of the week" }).click();
  await expect(page.getByRole("button", { name: "Tuesday 01:00" })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
});
