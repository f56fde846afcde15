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
    guard,
  }) => {
    // What the page reads again just then is refused; the page is on its way out.
    guard.tolerate(/status of 401/);
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
    const job = await api.job("Half done", "select 1 as n");
    await page.request.post("/api/login", { data: { username: name, password: PASSWORD } });
    await page.goto(`/jobs/${job.jobId}`);
    const field = page.getByRole("textbox", { name: "Name", exact: true });
    await field.fill(`${job.name}, done`);

    // A new password ends every session of the user
    const next = `${PASSWORD}, again`;
    await api.put(`/api/users/${userId}`, { password: next });
    // By the keyboard: the page, which looks for news, may have found out by itself
    await page.keyboard.press("Control+s");
    const dialog = page.getByRole("dialog", { name: "Log in" });
    await expect(dialog.getByText("Your session has ended")).toBeVisible();
    await expect(dialog.getByLabel("User name")).toHaveValue(name);
    await dialog.getByRole("textbox", { name: "Password" }).fill(next);
    await dialog.getByRole("button", { name: "Log in" }).click();
    await expect(dialog).toBeHidden();

    // Nothing typed should be lost, and saving should work as if nothing had happened
    await expect(field).toHaveValue(`${job.name}, done`);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByText(`“${job.name}, done” was saved.`)).toBeVisible();
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
