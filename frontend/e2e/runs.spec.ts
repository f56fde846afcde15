import { FOLDER, SLOW_QUERY } from "./api.ts";
import { expect, test } from "./fixtures.ts";

test("a run is followed live until it succeeds, and its data is there", async ({ page, api }) => {
  const job = await api.job(
    "Followed",
    "select n, 'linha ' || n as texto, pg_sleep(0.01)::text as s from generate_series(1, 250) n",
  );
  await page.goto(`/jobs/${job.jobId}`);
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page).toHaveURL(/\/runs\/\d+$/);
  let loads = 0;
  page.on("load", () => (loads += 1));
  await expect(page.getByRole("progressbar", { name: "Progress" })).toBeVisible();
  await expect(page.getByText(/^250 rows published in /)).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 }).locator("..")).toContainText("Succeeded");
  // Nobody reloaded the page
  expect(loads).toBe(0);

  await page.getByRole("link", { name: "See the data" }).click();
  await expect(page.getByRole("heading", { name: `${FOLDER}/${job.file}` })).toBeVisible();
  const table = page.getByRole("table", { name: `Rows of ${FOLDER}/${job.file}` });
  await expect(table.getByRole("columnheader", { name: "texto" })).toBeVisible();
  await expect(table.getByRole("cell", { name: "linha 1", exact: true })).toBeVisible();

  // Rows far below should be fetched when one gets there
  await table.focus();
  await table.press("End");
  await expect(table.getByRole("cell", { name: "linha 250", exact: true })).toBeVisible();
});

test("a long run is cancelled after the question", async ({ page, api }) => {
  const job = await api.job("Endless", SLOW_QUERY);
  const runId = await api.start(job.jobId);
  await page.goto(`/runs/${runId}`);
  await expect(page.getByRole("progressbar", { name: "Progress" })).toBeVisible();
  await page.getByRole("button", { name: "Cancel run" }).click();
  const dialog = page.getByRole("dialog", { name: `Cancel run ${runId} of “${job.name}”?` });
  await dialog.getByRole("button", { name: "Let it run" }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole("button", { name: "Cancel run" }).click();
  await dialog.getByRole("button", { name: "Cancel the run" }).click();
  await expect(page.getByText("root asked to cancel.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Run again" })).toBeVisible();
  expect((await api.run(runId)).state).toBe("cancelled");
});

test("a failed run says why in plain words, with the code and the message", async ({
  page,
  api,
}) => {
  const job = await api.finished("Failing", "select kode from loja.clientes", "failed");
  await page.goto(`/runs/${job.runId}`);
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("The database does not understand the query");
  await expect(alert).toContainText("What to do: Correct it where the message points to");
  await expect(alert).toContainText('column "kode" does not exist');
  await expect(alert).toContainText("Code: query_invalid");
  await expect(page.getByRole("region", { name: "What was executed" })).toContainText(job.sql);

  // The overview should name it first
  await page.goto("/");
  const attention = page.getByRole("region", { name: "Needs attention" });
  await expect(attention.getByRole("link", { name: job.name })).toBeVisible();
});

test("filters of the runs stay in the address", async ({ page, api }) => {
  const good = await api.finished("Good", "select 1 as n");
  const bad = await api.finished("Bad", "select kode from loja.clientes", "failed");
  await page.goto("/runs");
  await expect(page.getByRole("link", { name: good.name })).toBeVisible();
  await page.getByRole("combobox", { name: "State" }).click();
  await page.getByRole("option", { name: "Failed" }).click();
  await expect(page.getByRole("link", { name: good.name })).toBeHidden();
  await expect(page.getByRole("link", { name: bad.name })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("link", { name: bad.name })).toBeVisible();
  await expect(page.getByRole("link", { name: good.name })).toBeHidden();
});

test("a run that somebody else starts appears by itself", async ({ page, api }) => {
  const job = await api.job("Elsewhere", "select 1 as n");
  await page.goto("/runs");
  await expect(page.getByRole("table")).toBeVisible();
  await api.start(job.jobId);
  const row = page.getByRole("row", { name: job.name });
  await expect(row).toContainText("Succeeded");
});
