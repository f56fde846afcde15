import { request } from "@playwright/test";
import { unique } from "./api.ts";
import { expect, test } from "./fixtures.ts";
import { base } from "./people.ts";

test("root makes a user, changes the role and deletes the user", async ({ page }) => {
  const name = unique("rita");
  await page.goto("/users");
  await page.getByRole("button", { name: "New user" }).click();
  const form = page.getByRole("dialog", { name: "New user" });
  await form.getByRole("textbox", { name: "User name" }).fill(name);
  await form.getByRole("textbox", { name: "Password" }).fill("short");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form.getByText("At least 8 characters")).toBeVisible();
  await form.getByRole("textbox", { name: "Password" }).fill("rita reads the data");
  await expect(form.getByRole("switch", { name: /Must change the password/ })).toBeChecked();
  await form.getByRole("radio", { name: "Moderator" }).check();
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form).toBeHidden();
  const row = page.getByRole("row", { name });
  await expect(row).toContainText("Moderator");

  await row.getByRole("button", { name: `Edit: ${name}` }).click();
  const edit = page.getByRole("dialog", { name: `Edit “${name}”` });
  await edit.getByRole("radio", { name: "User", exact: true }).check();
  await edit.getByRole("button", { name: "Save" }).click();
  await expect(row.getByText("User", { exact: true })).toBeVisible();

  await row.getByRole("button", { name: `Delete: ${name}` }).click();
  const dialog = page.getByRole("dialog", { name: `Delete the user “${name}”?` });
  await dialog.getByRole("button", { name: "Delete the user" }).click();
  await expect(page.getByText(`“${name}” was deleted.`)).toBeVisible();
  await expect(row).toHaveCount(0);
});

test("root cannot be deleted by oneself", async ({ page }) => {
  await page.goto("/users");
  await expect(page.getByRole("button", { name: "Edit: root" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Delete: root" })).toHaveCount(0);
});

test("a key is shown once, reads data and is refused when revoked", async ({ page }) => {
  const name = unique("Power BI");
  await page.goto("/api-keys");
  // An empty list has one more of them
  await page.getByRole("button", { name: "New key" }).first().click();
  const form = page.getByRole("dialog", { name: "New key" });
  await form.getByRole("textbox", { name: "Name" }).fill(name);
  await form.getByRole("button", { name: "Create" }).click();
  const shown = page.getByRole("dialog", { name: "Your new key" });
  const key = (await shown.getByText(/^asql_/).innerText()).trim();
  const reader = await request.newContext({
    baseURL: base(),
    // Nothing but the key: a new context would take over the login of the page.
    storageState: { cookies: [], origins: [] },
    extraHTTPHeaders: { "X-API-Key": key },
  });
  expect((await reader.get("/api/data/datasets")).status()).toBe(200);

  // It should be nowhere once the dialog is closed, also not in what the page reads again
  await shown.getByRole("button", { name: "I have copied it" }).click();
  await expect(shown).toBeHidden();
  const row = page.getByRole("row", { name });
  await expect(row).toContainText("Valid");
  await page.reload();
  await expect(row).toContainText("asql_");
  expect(await page.content()).not.toContain(key);

  await row.getByRole("button", { name: `Revoke: ${name}` }).click();
  const dialog = page.getByRole("dialog", { name: `Revoke the key “${name}”?` });
  await dialog.getByRole("button", { name: "Revoke the key" }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole("switch", { name: "Show revoked and expired keys" }).check();
  await expect(row).toContainText("Revoked");
  expect((await reader.get("/api/data/datasets")).status()).toBe(401);
  await reader.dispose();
});

test("testing a connection tells what the database said", async ({ page, api, guard }) => {
  guard.tolerate(/status of 502/);
  const demo = await api.demoConnection();
  const dead = await api.deadConnection();
  await page.goto("/connections");
  await page.getByRole("button", { name: `Test: ${demo.name}` }).click();
  const good = page.getByRole("dialog", { name: `“${demo.name}” works` });
  await expect(good).toContainText(/Connected in \d+ ms/);
  await good.getByRole("button", { name: "Close" }).click();

  await page.getByRole("button", { name: `Test: ${dead}` }).click();
  const bad = page.getByRole("dialog", { name: `“${dead}” does not work` });
  await expect(bad.getByRole("alert")).toContainText("source_unreachable");
});

test("a connection is made, renamed and deleted", async ({ page }) => {
  const name = unique("Warehouse");
  await page.goto("/connections");
  await page.getByRole("button", { name: "New connection" }).click();
  const form = page.getByRole("dialog", { name: "New connection" });
  await form.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await form.getByRole("textbox", { name: "Host" }).fill("127.0.0.1");
  await form.getByRole("textbox", { name: "Database" }).fill("warehouse");
  await form.getByRole("textbox", { name: "User" }).fill("reader");
  await form.getByRole("textbox", { name: "Password" }).fill("reader reads");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form).toBeHidden();
  await page.getByRole("button", { name: `Edit: ${name}` }).click();
  const edit = page.getByRole("dialog", { name: `Edit “${name}”` });
  await edit.getByRole("textbox", { name: "Name", exact: true }).fill(`${name} II`);
  await edit.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: `Delete: ${name} II` }).click();
  const dialog = page.getByRole("dialog", { name: `“${name} II”` });
  await dialog.getByRole("button", { name: "Delete the connection" }).click();
  await expect(page.getByRole("row", { name })).toHaveCount(0);
});

test("a parameter is made and deleted", async ({ page }) => {
  const name = unique("Month closed");
  await page.goto("/parameters");
  await page.getByRole("button", { name: "New parameter" }).first().click();
  const form = page.getByRole("dialog", { name: "New parameter" });
  await form.getByRole("textbox", { name: "Name" }).fill(name);
  await form.getByRole("textbox", { name: "SQL" }).fill("select 1 as instancia, 2 as valor");
  await form.getByRole("button", { name: "Save" }).click();
  const row = page.getByRole("row", { name });
  await expect(row).toContainText("select 1 as instancia");
  await row.getByRole("button", { name: `Delete: ${name}` }).click();
  const dialog = page.getByRole("dialog", { name: `“${name}”` });
  await dialog.getByRole("button", { name: "Delete the parameter" }).click();
  await expect(row).toHaveCount(0);
});

test("the log finds what people did", async ({ page, api }) => {
  const name = unique("logged");
  await api.user(name, "a password nobody needs", "normal");
  await page.goto("/logs");
  await page.getByRole("searchbox", { name: "Search text" }).fill(name);
  // Records reach the table in batches
  await expect(page.getByRole("row", { name })).toBeVisible({ timeout: 15_000 });
});
