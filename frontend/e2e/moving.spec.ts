import type { Page } from "@playwright/test";
import { unique, type Api } from "./api.ts";
import { photoService, twoDatabases } from "./databases.ts";
import { expect, test } from "./fixtures.ts";

// Databases are made and two pages of the editor's size are drawn: seconds, on a busy machine more.
test.slow();

async function choose(page: Page, label: string, name: string): Promise<void> {
  await page.getByRole("combobox", { name: label, exact: true }).click();
  await page.getByRole("option", { name }).click();
}

/** A new job of this kind between two connections of its own, whose first table is this one. */
async function begin(page: Page, api: Api, kind: string, table: string): Promise<void> {
  const { source, target } = await twoDatabases(api);
  await page.goto("/jobs/new");
  await page.getByRole("radio", { name: kind }).press("Space");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(unique(kind));
  await choose(page, "Connection", source);
  await choose(page, "Target", target);
  await page.getByRole("button", { name: "Add a table" }).click();
  // The tables are those of the catalogue
  await page.getByRole("combobox", { name: "Source", exact: true }).fill(table);
  await page.getByRole("option", { name: `public.${table}`, exact: true }).click();
  await page.getByRole("textbox", { name: "Table at the target" }).fill(table);
}

async function save(page: Page): Promise<number> {
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page).toHaveURL(/\/jobs\/\d+$/);
  return Number(page.url().split("/").at(-1));
}

/** Runs the job and waits until its page shows the table as done. */
async function run(page: Page, api: Api, jobId: number, table: string) {
  const runId = await api.start(jobId);
  await page.goto(`/runs/${runId}`);
  const row = page.getByRole("row", { name: new RegExp(`Done.*${table}`) });
  await expect(row).toBeVisible();
  await expect(page.getByText("1 of 1 done")).toBeVisible();
  return row;
}

test("a table is picked from the catalogue, counted, copied, and seen on its way", async ({
  page,
  api,
}) => {
  await begin(page, api, "Copy tables", "plano");
  await page.getByRole("button", { name: "Dry run" }).click();
  const counted = page.getByRole("dialog", { name: "What a run would do now" });
  await expect(counted.getByRole("row", { name: /plano/ })).toContainText("3");
  await page.keyboard.press("Escape");
  const row = await run(page, api, await save(page), "plano");
  await expect(row).toContainText("compared");
});

test("a table is kept in step, its columns mapped and one of them looked up", async ({
  page,
  api,
}) => {
  const photos = await photoService();
  try {
    await begin(page, api, "Keep tables in step", "universitario");
    await page.getByRole("button", { name: "Details" }).click();
    await page.getByRole("button", { name: "Choose columns" }).click();
    // Of another table, which is not there
    await page.getByRole("switch", { name: "plano_id" }).uncheck();
    await page.getByRole("combobox", { name: "Mask: nome" }).selectOption("Hash");
    await page.getByRole("button", { name: "Add a look-up" }).click();
    await page.getByRole("textbox", { name: "Column to fill" }).fill("foto");
    await page.getByRole("textbox", { name: "Address" }).fill(`${photos.url}/{email}`);
    await page.getByRole("textbox", { name: "Path in the answer" }).fill("photo.url");
    await page.getByRole("button", { name: "Try it with one row" }).click();
    await expect(page.getByText(/^Value: \/.*\.jpg$/)).toBeVisible();
    await page.getByRole("button", { name: "Dry run" }).click();
    const counted = page.getByRole("dialog", { name: "What a run would do now" });
    await expect(counted.getByRole("row", { name: /universitario/ })).toContainText("200");
    await page.keyboard.press("Escape");
    const row = await run(page, api, await save(page), "universitario");
    await expect(row).toContainText("200 asked");
  } finally {
    photos.server.close();
  }
});
