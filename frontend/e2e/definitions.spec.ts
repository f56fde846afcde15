import { readFileSync } from "node:fs";
import { fileOf, unique } from "./api.ts";
import { expect, test } from "./fixtures.ts";

interface Definitions {
  version: number;
  jobs: Record<string, unknown>[];
}

test("jobs leave as a file and come in again, changed", async ({ page, api }) => {
  const job = await api.job("Stock", "select 1 as n\nunion all select 2");
  await page.goto(`/jobs?q=${encodeURIComponent(job.name)}`);
  await page.getByRole("button", { name: "File" }).click();
  const downloading = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Export the job shown" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("jobs.json");
  const file = JSON.parse(readFileSync(await download.path(), "utf-8")) as Definitions;
  expect(file.jobs.map((one) => one.job_name)).toEqual([job.name]);

  // One is changed, one is new, one cannot be
  const [exported] = file.jobs;
  const added = unique("Stock of the shop");
  const copies = [
    { ...exported, priority: 7, sql_script: ["select 1 as n", "union all select 3"] },
    { ...exported, job_name: added, export_name: fileOf(added) },
    { ...exported, job_name: "Nowhere", export_name: "nowhere", connection: "nowhere" },
  ];
  await page.getByRole("button", { name: "File" }).click();
  await page.getByRole("menuitem", { name: "Import…" }).click();
  const dialog = page.getByRole("dialog", { name: "Import jobs from a file" });
  await dialog.getByLabel("Choose a file, or drop it here").setInputFiles({
    name: "jobs.json",
    mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify({ ...file, jobs: copies })),
  });
  const row = (name: string) => dialog.getByRole("row", { name });
  await expect(row("Nowhere")).toContainText("jobs[2].connection");
  await expect(row(added)).toContainText("New");
  await dialog.getByText("2 fields differ: priority, sql_script").click();
  await expect(dialog.getByText("+union all select 3")).toBeVisible();
  await dialog.getByRole("button", { name: "Import 2 jobs" }).click();
  await expect(page.getByText("Imported: 1 new, 1 changed.")).toBeVisible();
  await expect(dialog).toBeHidden();
  await page.goto(`/jobs?q=${encodeURIComponent(added)}`);
  await expect(page.getByRole("table", { name: "Jobs" })).toContainText(added);
});
