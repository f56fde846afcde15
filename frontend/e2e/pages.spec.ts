import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { Api } from "./api.ts";
import { expect, test } from "./fixtures.ts";
import { open, PLACES, seed, type Seeds } from "./pages.ts";

const PHONE = { width: 390, height: 844 };

// The active run among the seeds works for half a minute; a test that needs it starts it anew.
let seeds: Seeds | undefined;

async function seeded(api: Api, isFresh: boolean): Promise<Seeds> {
  if (seeds === undefined || isFresh) seeds = await seed(api);
  return seeds;
}

/** What axe finds, one line per rule and element. */
async function violations(page: Page, rules?: string[]): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  const { violations: found } = await (rules ? axe.withRules(rules) : axe).analyze();
  return found.flatMap(({ id, impact, nodes }) =>
    nodes.map((node) => `${id} (${impact ?? "minor"}): ${node.target.join(" ")}\n  ${node.html}`),
  );
}

/** Everything in the light theme; in the dark one what can differ, its colours. */
async function expectNoViolations(page: Page): Promise<void> {
  expect.soft(await violations(page), "light").toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
  // Colours change by transitions, and none is judged on its way
  await page.evaluate(() => {
    const ending = document.getAnimations().filter((one) => one instanceof CSSTransition);
    return Promise.allSettled(ending.map(({ finished }) => finished));
  });
  expect.soft(await violations(page, ["color-contrast"]), "dark").toEqual([]);
}

/** Pixels by which the page itself is wider than the window. */
async function overflow(page: Page): Promise<number> {
  return await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

for (const place of PLACES) {
  test(`${place.name}: axe finds nothing in either theme`, async ({ page, api }) => {
    // Each cell of a table takes its time; ten rows tell as much as thirty.
    await page.setViewportSize({ width: 1280, height: 600 });
    await open(page, place, await seeded(api, place.name === "active run"));
    await expectNoViolations(page);
  });
}

test.describe("on a phone, in the longer language", () => {
  test.use({ viewport: PHONE, locale: "pt-BR" });
  for (const place of PLACES) {
    test(`${place.name}: fits the width`, async ({ page, api }) => {
      await open(page, place, await seeded(api, false));
      await expect.poll(() => overflow(page)).toBeLessThanOrEqual(0);
    });
  }
});

test.describe("the login", () => {
  test.use({ person: "nobody", viewport: PHONE });

  test("axe finds nothing in either theme, and it fits the width of a phone", async ({ page }) => {
    await page.goto("/login");
    await expect(page.getByRole("button", { name: "Log in" })).toBeVisible();
    await expectNoViolations(page);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  });
});

test.describe("dialogs", () => {
  const dialogs = [
    { path: "/users", button: "New user" },
    { path: "/connections", button: "New connection" },
    { path: "/parameters", button: "New parameter" },
    { path: "/targets", button: "New target" },
    { path: "/api-keys", button: "New key" },
  ];
  for (const { path, button } of dialogs) {
    test(`${button}: axe finds nothing in either theme`, async ({ page }) => {
      await page.goto(path);
      await page.getByRole("button", { name: button }).first().click();
      await expect(page.getByRole("dialog", { name: button })).toBeVisible();
      await expectNoViolations(page);
    });
  }
});

test("the documentation of the interface for programs asks no other host", async ({ page }) => {
  await page.goto("/docs");
  await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
});
