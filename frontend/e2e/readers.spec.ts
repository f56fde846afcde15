import { request, type APIRequestContext } from "@playwright/test";
import { unique } from "./api.ts";
import { expect, test } from "./fixtures.ts";
import { base } from "./people.ts";

const THREE_ROWS = "select n, n * 10 as valor from generate_series(1, 3) n";

/** A program that has nothing but a key. */
function program(key: string, userAgent: string): Promise<APIRequestContext> {
  return request.newContext({
    baseURL: base(),
    storageState: { cookies: [], origins: [] },
    extraHTTPHeaders: { "X-API-Key": key, "User-Agent": userAgent },
  });
}

test("a key is made for some datasets, actions, networks, a rate and a time", async ({
  page,
  api,
  guard,
}) => {
  guard.tolerate(/status of 422/);
  const open = await api.finished("Open", THREE_ROWS);
  const closed = await api.finished("Closed", THREE_ROWS);
  const name = unique("Narrow");
  await page.goto("/api-keys");
  await page.getByRole("button", { name: "New key" }).first().click();
  const form = page.getByRole("dialog", { name: "New key" });
  await form.getByRole("textbox", { name: "Name" }).fill(name);
  await form.getByRole("combobox", { name: "Valid for" }).click();
  await page.getByRole("option", { name: "30 days" }).click();
  await form.getByRole("textbox", { name: "Datasets" }).fill(`e2e/${open.file}\ne2e/none/*`);
  await form.getByRole("checkbox", { name: "see freshness" }).uncheck();
  await form.getByRole("textbox", { name: "Requests a minute at most" }).fill("100");
  const networks = form.getByRole("textbox", { name: "Only from these networks" });
  await networks.fill("somewhere");
  await form.getByRole("button", { name: "Create" }).click();
  // What the server refuses stands at its field, and nothing that was filled in is lost
  await expect(form.getByText(/somewhere.* is no address or network/)).toBeVisible();
  await networks.fill("127.0.0.0/8");
  await form.getByRole("button", { name: "Create" }).click();
  const shown = page.getByRole("dialog", { name: "Your new key" });
  const key = (await shown.getByText(/^asql_/).innerText()).trim();
  await shown.getByRole("button", { name: "I have copied it" }).click();
  const row = page.getByRole("row", { name });
  for (const text of [`e2e/${open.file}`, "127.0.0.0/8", "100 a minute", "read"]) {
    await expect(row).toContainText(text);
  }

  const reader = await program(key, "curl/8.5.0");
  const status = async (path: string) => (await reader.get(`/api/data/${path}`)).status();
  expect(await status(`datasets/e2e/${open.file}`)).toBe(200);
  expect(await status(`datasets/e2e/${closed.file}`)).toBe(404);
  expect(await status("status")).toBe(403);
  await reader.dispose();
});

test("who reads a dataset, by what and how often is seen beside it", async ({ page, api }) => {
  const job = await api.finished("Read", THREE_ROWS);
  await page.goto(`/datasets/e2e/${job.file}?tab=readers`);
  await expect(page.getByText("Nobody has read it yet")).toBeVisible();
  const name = unique("Power BI");
  const { key } = await api.post<{ key: string }>("/api/api-keys", {
    name,
    actions: ["read", "sql"],
  });
  const reader = await program(key, "PowerBI/2.140");
  expect((await reader.get(`/api/data/datasets/e2e/${job.file}`)).status()).toBe(200);
  const sql = `select count(*) as n from "e2e/${job.file}"`;
  expect((await reader.post("/api/data/sql", { data: { sql } })).status()).toBe(200);
  await reader.dispose();
  await page.reload();
  const row = page.getByRole("row", { name });
  await expect(row.getByRole("cell")).toContainText([name, "Power BI", "", "2"]);
});

test("SQL over datasets is run, explained where it fails, and cut where it is long", async ({
  page,
  api,
  guard,
}) => {
  guard.tolerate(/status of 400/);
  const job = await api.finished("Asked", "select n from generate_series(1, 20000) n");
  await page.goto("/sql");
  const editor = page.getByRole("textbox", { name: "SQL" });
  const run = page.getByRole("button", { name: "Run" });
  await editor.fill(`select sum(n) as total from "e2e/${job.file}"`);
  await run.click();
  const result = page.getByRole("region", { name: "Result" });
  await expect(result.getByRole("cell", { name: "200010000" })).toBeVisible();

  await editor.fill(`select nada from "e2e/${job.file}"`);
  await run.click();
  const failed = page.getByRole("alert").filter({ hasText: "The SQL cannot run" });
  await expect(failed).toContainText("nada");
  await expect(result).toBeHidden();

  await editor.fill(`delete from "e2e/${job.file}"`);
  await run.click();
  await expect(failed).toContainText(/SELECT/);

  await editor.fill(`select n from "e2e/${job.file}" order by n`);
  await run.click();
  await expect(
    page.getByText(/^The first [\d,]+ rows; a download has up to 100,000/),
  ).toBeVisible();
});

test("a key is changed, and who reads a column is told before it is saved away", async ({
  page,
  api,
}) => {
  const job = await api.finished("Columns", THREE_ROWS);
  const name = unique("Power BI");
  const { key } = await api.post<{ key: string }>("/api/api-keys", { name });
  await page.goto("/api-keys");
  await page.getByRole("button", { name: `Edit: ${name}` }).click();
  const form = page.getByRole("dialog", { name: `Change the key “${name}”` });
  await form.getByRole("textbox", { name: "Datasets" }).fill(`e2e/${job.file}`);
  await form.getByLabel("Valid until").fill("2999-12-31");
  await form.getByRole("textbox", { name: "Requests a minute at most" }).fill("77");
  await form.getByRole("button", { name: "Save" }).click();
  const row = page.getByRole("row", { name });
  for (const text of [`e2e/${job.file}`, "77 a minute", "2999"])
    await expect(row).toContainText(text);
  // It is too young to be called unused
  await page.getByRole("switch", { name: "Only unused keys" }).click({ force: true });
  await expect(row).toBeHidden();

  const reader = await program(key, "PowerBI/2.140");
  const read = await reader.get(`/api/data/datasets/e2e/${job.file}?columns=valor`);
  expect(read.status()).toBe(200);
  await reader.dispose();
  // Asking who reads it has what was noted written down
  const datasets = await api.get<{ dataset_id: number; name: string }[]>("/api/datasets");
  const dataset = datasets.find((one) => one.name === `e2e/${job.file}`);
  await api.get(`/api/datasets/${dataset?.dataset_id ?? 0}/readers`);
  await page.goto(`/jobs/${job.jobId}`);
  await page.getByRole("textbox", { name: "SQL" }).fill("select 1 as n, 2 as total");
  const save = page.getByRole("button", { name: "Save", exact: true });
  await save.click();
  const warning = page.getByRole("dialog", { name: /although its columns are read/ });
  const concern = warning.getByRole("row", { name: "valor" });
  await expect(concern).toContainText("perhaps renamed: total");
  await expect(concern).toContainText(`${name} (Power BI)`);
  await warning.getByRole("button", { name: "Back to the query" }).click();
  await expect(page.getByText("Unsaved changes")).toBeVisible();
  await save.click();
  await warning.getByRole("button", { name: "Save all the same" }).click();
  await expect(page.getByText("Unsaved changes")).toBeHidden();
});
