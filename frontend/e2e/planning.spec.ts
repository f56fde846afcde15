import { expect, test } from "./fixtures.ts";

test("the rows of a dataset are filtered and sorted by keyboard, and the address keeps it", async ({
  page,
  api,
}) => {
  const query = "select n as numero, 'x' || n as texto from generate_series(1, 500) n";
  const job = await api.finished("Filtered", query);
  await page.goto(`/datasets/e2e/${job.file}`);
  const table = page.getByRole("table", { name: /^Rows of/ });
  await table.getByRole("button", { name: /^numero/ }).focus();
  await page.keyboard.press("Enter");
  const menu = page.getByRole("dialog", { name: /^numero/ });
  await menu.getByRole("combobox", { name: "Condition" }).selectOption("at least");
  await menu.getByRole("textbox", { name: "Value" }).fill("499");
  await page.keyboard.press("Enter");
  await expect(page.getByText("2 of 500 rows")).toBeVisible();
  await table.getByRole("button", { name: /^numero/ }).click();
  await menu.getByRole("button", { name: "Sort descending" }).click();
  await expect(table.getByRole("row").nth(1)).toContainText("x500");
  await page.reload();
  await expect(page.getByText("2 of 500 rows")).toBeVisible();
  await expect(table.getByRole("row").nth(1)).toContainText("x500");
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(table).toHaveAttribute("aria-rowcount", "501");
});

test("a cron text, the Excel of Brazil and a check are saved and read back", async ({
  page,
  api,
}) => {
  const job = await api.job("Planned", "select 1 as n");
  await page.goto(`/jobs/${job.jobId}`);
  await page.getByRole("button", { name: "Cron text" }).click();
  await page.getByRole("textbox", { name: "Cron text" }).fill("0 6 * * 1-5");
  await expect(page.getByRole("region", { name: "Next runs" }).getByRole("time")).toHaveCount(5);
  await page.getByRole("button", { name: "Excel Brasil" }).click();
  await expect(page.getByLabel("How rows look")).toContainText("1234,56");
  await page.getByText("Checks and versions").click();
  await page.getByRole("checkbox", { name: "Must have rows" }).check();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Unsaved changes")).toBeHidden();
  await page.reload();
  await expect(page.getByRole("textbox", { name: "Cron text" })).toHaveValue("0 6 * * 1-5");
  await expect(page.getByRole("button", { name: "Excel Brasil" })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await expect(page.getByText("not empty")).toBeVisible();
});

test("a page says why a job did not run", async ({ page, api }) => {
  const job = await api.job("Unplanned", "select 1 as n");
  await page.goto(`/jobs/${job.jobId}`);
  await page.getByRole("link", { name: "Why did it not run?" }).click();
  await expect(page.getByRole("alert")).toContainText(/inactive|no schedule/);
  await page.getByRole("button", { name: "Yesterday" }).click();
  await expect(page).toHaveURL(/from=\d{4}-\d\d-\d\d/);
});

test("an older version is restored after a dialog that names it", async ({ page, api }) => {
  const job = await api.finished("Restored", "select clock_timestamp()::text as n");
  const second = await api.start(job.jobId);
  await api.reached(second, "succeeded");
  await page.goto(`/datasets/e2e/${job.file}?tab=history`);
  const restore = page.getByRole("button", { name: /^Restore: / });
  await expect(restore).toHaveCount(1);
  const older = (await restore.getAttribute("aria-label"))?.replace("Restore: ", "") ?? "";
  await restore.click();
  const dialog = page.getByRole("dialog", { name: new RegExp(`Restore version ${older} of`) });
  await dialog.getByRole("button", { name: "Restore the version" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("row", { name: new RegExp(`^${older} current`) })).toBeVisible();
});

test("everything is paused with a reason that every page tells, and goes on", async ({ page }) => {
  await page.goto("/about");
  await page.getByRole("textbox", { name: "Why" }).fill("The warehouse moves");
  await page.getByRole("button", { name: "Pause everything" }).click();
  await page.goto("/runs");
  await expect(page.getByRole("note")).toContainText("The warehouse moves");
  await page.goto("/about");
  await page.getByRole("button", { name: "Go on" }).click();
  await expect(page.getByRole("note")).toHaveCount(0);
});
