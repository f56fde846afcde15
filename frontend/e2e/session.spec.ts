import { unique } from "./api.ts";
import { expect, test } from "./fixtures.ts";
import { people } from "./people.ts";

const PASSWORD = "a sentence for one test";

test.describe("somebody who is not logged in", () => {
  test.use({ person: "nobody" });

  test("a wrong password is explained and the right one leads to the page asked for", async ({
    page,
    guard,
  }) => {
    guard.tolerate(/status of 401/);
    await page.goto("/runs?trigger=manual");
    await expect(page).toHaveURL(/\/login\?/);
    await page.getByLabel("User name").fill(people.normal.username);
    await page.getByRole("textbox", { name: "Password" }).fill("not this one");
    await page.getByRole("button", { name: "Log in" }).click();
    await expect(page.getByRole("alert")).toContainText("login_refused");

    await page.getByRole("textbox", { name: "Password" }).fill(people.normal.password);
    await page.getByRole("textbox", { name: "Password" }).press("Enter");
    await expect(page.getByRole("heading", { name: "Runs", level: 1 })).toBeVisible();
    await expect(page).toHaveURL(/\/runs\?trigger=manual/);
  });

  test("logging out leads to the login and ends the session at the server", async ({
    page,
    api,
  }) => {
    const name = unique("leaver");
    await api.user(name, PASSWORD, "normal");
    await page.request.post("/api/login", { data: { username: name, password: PASSWORD } });
    await page.goto("/");
    await page.getByRole("button", { name }).click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
    await expect(page.getByRole("button", { name: "Log in" })).toBeVisible();
    expect((await page.request.get("/api/jobs")).status()).toBe(401);
  });

  test("a session that ends asks for the login over the page and keeps what was typed", async ({
    page,
    api,
    guard,
  }) => {
    guard.tolerate(/status of 401/);
    const name = unique("editor");
    const userId = await api.user(name, PASSWORD, "moderator");
    await page.request.post("/api/login", { data: { username: name, password: PASSWORD } });
    await page.goto("/jobs/new");
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Half a job");
    await expect(page.getByText("Unsaved changes")).toBeVisible();

    // A new password ends every session of the user
    await api.put(`/api/users/${userId}`, { password: `${PASSWORD}, again` });
    const dialog = page.getByRole("dialog", { name: "Log in" });
    await expect(dialog.getByText("Your session has ended")).toBeVisible({ timeout: 15_000 });
    await expect(dialog.getByLabel("User name")).toHaveValue(name);
    await dialog.getByRole("textbox", { name: "Password" }).fill(`${PASSWORD}, again`);
    await dialog.getByRole("button", { name: "Log in" }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue(
      "Half a job",
    );
  });
});

test("a page opened without a session leads to the login and back", async ({ page, context }) => {
  await context.clearCookies();
  await page.goto("/connections");
  await page.getByLabel("User name").fill(people.normal.username);
  await page.getByRole("textbox", { name: "Password" }).fill(people.normal.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByRole("heading", { name: "Connections", level: 1 })).toBeVisible();
});
