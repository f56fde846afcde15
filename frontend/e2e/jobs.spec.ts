import type { Page } from "@playwright/test";
import { fileOf, FOLDER, unique } from "./api.ts";
import { expect, test } from "./fixtures.ts";

const nameField = (page: Page) => page.getByRole("textbox", { name: "Name", exact: true });
const saveButton = (page: Page) => page.getByRole("button", { name: "Save", exact: true });

test("a job is made in the editor and appears in the list", async ({ page, api }) => {
  const name = unique("Sales of yesterday");
  const demo = await api.demoConnection();
  // Of two connections none is chosen beforehand
  await api.deadConnection();
  await page.goto("/jobs");
  await page.getByRole("link", { name: "New job" }).click();
  await expect(page.getByRole("heading", { name: "New job" })).toBeVisible();
  await nameField(page).fill(name);
  await page.getByRole("combobox", { name: "Connection" }).click();
  await page.getByRole("option", { name: demo.name }).click();
  const tag = unique("sales");
  const tags = page.getByRole("combobox", { name: "Tags" });
  await tags.fill(tag);
  await tags.press("Enter");
  await page
    .getByRole("textbox", { name: "SQL of the job" })
    .fill("select canal, count(*) as pedidos from loja.pedidos group by canal order by canal");

  // The preview should show rows and publish nothing
  await page.getByRole("button", { name: "Preview 100 rows" }).click();
  const preview = page.getByRole("dialog", { name: "Preview" });
  await expect(preview.getByRole("columnheader", { name: "pedidos" })).toBeVisible();
  await preview.getByRole("button", { name: "Close" }).click();

  await page.getByRole("textbox", { name: "Folder" }).fill(FOLDER);
  await page.getByRole("textbox", { name: "File name" }).fill(fileOf(name));
  await expect(page.getByText(`Will be written to ${FOLDER}/${fileOf(name)}.csv`)).toBeVisible();

  // The schedule should be said in words, with its next moments
  await page.getByRole("button", { name: "Workdays" }).click();
  await page.getByRole("group", { name: "Hours" }).getByRole("button", { name: "07" }).click();
  await page.getByRole("button", { name: "On the hour" }).click();
  await expect(page.getByText("Monday to Friday at 07:00")).toBeVisible();
  await expect(page.getByRole("region", { name: "Next runs" }).getByRole("time")).toHaveCount(5);
  await page.getByRole("switch", { name: "Runs on schedule" }).check();
  await saveButton(page).click();

  await expect(page).toHaveURL(/\/jobs\/\d+$/);
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
  await page.getByRole("navigation").getByRole("link", { name: "Jobs" }).click();
  const row = page.getByRole("table", { name: "Jobs" }).getByRole("row", { name });
  await expect(row).toContainText("Active");
  await expect(row).toContainText("Monday to Friday at 07:00");

  // A click on its tag should leave it alone in the list, in the address too
  await row.getByRole("button", { name: tag }).click();
  await expect(page).toHaveURL(/[?&]tag=sales/);
  await expect(page.getByText("1 entry")).toBeVisible();
});

test("choosing the connection that is chosen already keeps it", async ({ page, api }) => {
  const job = await api.job("Connected", "select 1 as n");
  const demo = await api.demoConnection();
  await page.goto(`/jobs/${job.jobId}`);
  const connection = page.getByRole("combobox", { name: "Connection" });
  await expect(connection).toHaveValue(new RegExp(demo.name));
  await connection.click();
  await page.getByRole("option", { name: demo.name }).click();
  await expect(connection).toHaveValue(new RegExp(demo.name));
  await expect(page.getByText("Unsaved changes")).toBeHidden();
});

test("a search stays in the address and survives a reload", async ({ page, api }) => {
  const job = await api.job("Needle", "select 1 as n");
  await page.goto("/jobs");
  const table = page.getByRole("table", { name: "Jobs" });
  await expect(table.getByRole("link", { name: "Vendas por dia" })).toBeVisible();
  await page.getByRole("searchbox", { name: "Search name, file or tag" }).fill(job.name);
  await expect(table.getByRole("link", { name: "Vendas por dia" })).toBeHidden();
  await expect(page).toHaveURL(/[?&]q=/);
  await page.reload();
  await expect(table.getByRole("link", { name: job.name })).toBeVisible();
  await expect(table.getByRole("link", { name: "Vendas por dia" })).toBeHidden();
});

test("a faulty query is refused at the editor with the position of the fault", async ({
  page,
  api,
  guard,
}) => {
  guard.tolerate(/status of 422/);
  const job = await api.job("Misspelt", "select kode from loja.clientes");
  await page.goto(`/jobs/${job.jobId}`);
  await page.getByRole("button", { name: "Preview 100 rows" }).click();
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("The database does not understand the query");
  await expect(alert).toContainText("Line 1, column 8");
  await expect(alert).toContainText("42703");
});

test("fields that are missing are named and nothing is saved", async ({ page }) => {
  await page.goto("/jobs/new");
  await saveButton(page).click();
  await expect(nameField(page)).toHaveAccessibleDescription("Required");
  await expect(page.getByRole("textbox", { name: "Folder" })).toHaveAccessibleDescription(
    /Required/,
  );
  await expect(page).toHaveURL(/\/jobs\/new$/);
});

test("unsaved changes hold the page until they are given up", async ({ page, api }) => {
  const job = await api.job("Guarded", "select 1 as n");
  await page.goto(`/jobs/${job.jobId}`);
  await nameField(page).fill(`${job.name} II`);
  await page.getByRole("navigation").getByRole("link", { name: "Runs" }).click();
  const dialog = page.getByRole("dialog", { name: "Leave without saving?" });
  await expect(dialog).toContainText(`${job.name} II`);
  await dialog.getByRole("button", { name: "Stay" }).click();
  await expect(dialog).toBeHidden();
  await expect(nameField(page)).toHaveValue(`${job.name} II`);

  await page.getByRole("navigation").getByRole("link", { name: "Runs" }).click();
  await dialog.getByRole("button", { name: "Leave" }).click();
  await expect(page.getByRole("heading", { name: "Runs", level: 1 })).toBeVisible();
  expect((await api.get<{ job_name: string }>(`/api/jobs/${job.jobId}`)).job_name).toBe(job.name);
});

test("a job saved by somebody else meanwhile is shown as a conflict", async ({
  page,
  api,
  guard,
}) => {
  guard.tolerate(/status of 412/);
  const job = await api.job("Contested", "select 1 as n");
  await page.goto(`/jobs/${job.jobId}`);
  await page.getByRole("textbox", { name: "File name" }).fill(`${job.file}_mine`);
  await api.put(`/api/jobs/${job.jobId}`, { job_name: `${job.name} theirs` });
  await saveButton(page).click();
  const dialog = page.getByRole("dialog", { name: `“${job.name} theirs”` });
  await expect(dialog.getByRole("row", { name: "File name" })).toContainText(`${job.file}_mine`);
  await expect(dialog.getByRole("row", { name: /^Name/ })).toContainText(`${job.name} theirs`);

  // Saving over it should keep exactly what stands in the form
  await dialog.getByRole("button", { name: "Save mine over it" }).click();
  await expect(page.getByText(`“${job.name}” was saved.`)).toBeVisible();
  const saved = await api.get<{ job_name: string; export_name: string }>(`/api/jobs/${job.jobId}`);
  expect(saved).toMatchObject({ job_name: job.name, export_name: `${job.file}_mine` });
});

test("the saved version can be taken instead of one's own", async ({ page, api, guard }) => {
  guard.tolerate(/status of 412/);
  const job = await api.job("Yielding", "select 1 as n");
  await page.goto(`/jobs/${job.jobId}`);
  await nameField(page).fill(`${job.name} mine`);
  await api.put(`/api/jobs/${job.jobId}`, { job_name: `${job.name} theirs` });
  await saveButton(page).click();
  await page.getByRole("button", { name: "Take the saved one" }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(nameField(page)).toHaveValue(`${job.name} theirs`);
  await expect(page.getByText("Unsaved changes")).toBeHidden();
});

test("deleting asks in a dialog that names the job", async ({ page, api }) => {
  const job = await api.job("Doomed", "select 1 as n");
  await page.goto(`/jobs?q=${encodeURIComponent(job.name)}`);
  const table = page.getByRole("table", { name: "Jobs" });
  const ask = async () => {
    await table.getByRole("button", { name: `More actions for ${job.name}` }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
  };
  await ask();
  const dialog = page.getByRole("dialog", { name: `Delete “${job.name}”?` });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
  await expect(table.getByRole("link", { name: job.name })).toBeVisible();

  await ask();
  await dialog.getByRole("button", { name: "Delete the job" }).click();
  await expect(page.getByText(`“${job.name}” was deleted.`)).toBeVisible();
  await expect(page.getByRole("link", { name: job.name })).toHaveCount(0);
});

test("addresses of the existing interface go on working", async ({ page, api }) => {
  const job = await api.job("Bookmarked", "select 1 as n");
  await page.goto(`/manutencao/${job.jobId}`);
  await expect(page).toHaveURL(new RegExp(`/jobs/${job.jobId}$`));
  await expect(page.getByRole("heading", { name: job.name })).toBeVisible();
  await page.goto("/manutencao");
  await expect(page).toHaveURL(/\/jobs$/);
});
