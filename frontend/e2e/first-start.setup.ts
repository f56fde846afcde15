import { request } from "@playwright/test";
import { Api } from "./api.ts";
import { expect, test } from "./fixtures.ts";
import { base, firstRootPassword, people, sessionFile, type Person } from "./people.ts";

test.describe.configure({ mode: "serial" });
test.use({ person: "nobody" });

test("the first login asks for an own password and opens the product", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "AutomacaoSQL" })).toBeVisible();
  await page.getByLabel("User name").fill("root");
  await page.getByRole("textbox", { name: "Password" }).fill(firstRootPassword());
  await page.getByRole("button", { name: "Log in" }).click();

  // It should let nobody in before the generated password is replaced
  await expect(page.getByRole("heading", { name: "Choose your own password" })).toBeVisible();
  const next = people.root.password;
  await page.getByRole("textbox", { name: "Current password" }).fill(firstRootPassword());
  await page.getByRole("textbox", { name: "New password", exact: true }).fill(next);
  await page.getByRole("textbox", { name: "Repeat the new password" }).fill(next);
  await page.getByRole("button", { name: "Change password" }).click();

  // It should show the overview with the demonstration, and every entry an administrator has
  await expect(page.getByRole("heading", { name: "Overview", level: 1 })).toBeVisible();
  await expect(page).toHaveTitle("Overview · AutomacaoSQL");
  const navigation = page.getByRole("navigation", { name: "Main navigation" });
  await expect(navigation.getByRole("link")).toHaveText([
    "AutomacaoSQL",
    ...["Overview", "Runs", "Datasets", "Jobs", "Connections", "Targets", "Notifications"],
    "Parameters",
    "Calendars",
    ...["Users", "API keys", "Logs", "Audit trail", "About and health"],
  ]);
  await expect(page.getByRole("link", { name: "demo/vendas_por_dia" }).first()).toBeVisible();
});

test("people of every role can log in", async () => {
  for (const person of Object.keys(people) as Person[]) {
    const { username, password, role } = people[person];
    const context = await request.newContext({ baseURL: base() });
    const root = await request.newContext({
      baseURL: base(),
      ...(person === "root" ? {} : { storageState: sessionFile("root") }),
    });
    if (person !== "root") await new Api(root).user(username, password, role);
    await new Api(context).login(username, password);
    await context.storageState({ path: sessionFile(person) });
    await Promise.all([context.dispose(), root.dispose()]);
  }
});
