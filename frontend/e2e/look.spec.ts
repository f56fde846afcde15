import { expect, test } from "./fixtures.ts";

test("the language is switched at once and kept", async ({ page }) => {
  await page.goto("/jobs");
  await page.getByRole("button", { name: "root" }).click();
  await page.getByRole("menuitem", { name: "Português (Brasil)" }).click();
  await expect(page.getByRole("heading", { name: "Rotinas", level: 1 })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "pt-BR");
  await page.reload();
  await expect(page.getByRole("heading", { name: "Rotinas", level: 1 })).toBeVisible();
  await page.getByRole("button", { name: "root" }).click();
  await page.getByRole("menuitem", { name: "English" }).click();
  await expect(page.getByRole("heading", { name: "Jobs", level: 1 })).toBeVisible();
});

test.describe("a browser that prefers Portuguese", () => {
  test.use({ locale: "pt-BR", person: "nobody" });

  test("is greeted in Portuguese", async ({ page }) => {
    await page.goto("/");
    await expect(page.getByRole("button", { name: "Entrar" })).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("lang", "pt-BR");
  });
});

test("the theme is switched at once and kept", async ({ page }) => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Overview", level: 1 })).toBeVisible();
  const light = await background();
  await page.getByRole("button", { name: "root" }).click();
  await page.getByRole("menuitem", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
  expect(await background()).not.toBe(light);
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
  await page.goto("/profile");
  await expect(page.getByRole("radio", { name: "Dark" })).toBeChecked();
});

test("a search by keyboard reaches every page", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Overview", level: 1 })).toBeVisible();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search pages, jobs and datasets" }).fill("conn");
  await expect(page.getByRole("option", { name: "Connections" })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Connections", level: 1 })).toBeVisible();
});

test("the keyboard alone gets past the navigation", async ({ page }) => {
  await page.goto("/jobs");
  await expect(page.getByRole("heading", { name: "Jobs", level: 1 })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
});

test("the page says so while the server is away", async ({ page, guard }) => {
  guard.tolerate(/ERR_FAILED/);
  await page.goto("/about");
  await expect(page.getByRole("heading", { name: "About and health" })).toBeVisible();
  await page.route("**/readyz", (route) => route.abort());
  await expect(page.getByRole("alert").getByText("The server does not answer")).toBeVisible({
    timeout: 18_000,
  });
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("the navigation slides in and leads on", async ({ page }) => {
    await page.goto("/");
    const navigation = page.getByRole("navigation", { name: "Main navigation" });
    await expect(page.getByRole("heading", { name: "Overview", level: 1 })).toBeVisible();
    await expect(navigation.getByRole("link", { name: "Jobs" })).not.toBeInViewport();
    await page.getByRole("button", { name: "Open the menu" }).click();
    await navigation.getByRole("link", { name: "Jobs" }).click();
    await expect(page.getByRole("heading", { name: "Jobs", level: 1 })).toBeVisible();
    await expect(navigation.getByRole("link", { name: "Jobs" })).not.toBeInViewport();
    await page.getByRole("link", { name: "Vendas por dia" }).click();
    await expect(page.getByRole("heading", { name: "Vendas por dia", level: 1 })).toBeVisible();
  });
});
