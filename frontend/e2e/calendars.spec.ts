import { expect, test } from "./fixtures.ts";

test("a day is pasted into a calendar, and a job leaves it out and says so", async ({
  page,
  api,
  guard,
}) => {
  guard.tolerate(/422/); // lines that hold no day
  const job = await api.job("Business days", "select 1 as n");
  await page.goto("/calendars");
  await page.getByRole("button", { name: "New calendar" }).first().click();
  const form = page.getByRole("dialog", { name: "New calendar" });
  await form.getByRole("textbox", { name: "Name" }).fill("Headquarters");
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: "Headquarters" }).click();
  await expect(page.getByRole("row", { name: /Tiradentes/ })).toContainText("National");
  await page.getByRole("button", { name: "Paste days" }).click();
  const paste = page.getByRole("dialog", { name: "Paste days" });
  await paste.getByRole("textbox").fill("04/01/2100;Inventory\n99/99/2100;Nothing");
  await paste.getByRole("button", { name: "Add the days" }).click();
  await expect(paste.getByRole("alert")).toContainText("Some lines hold no day");
  await paste.getByRole("textbox").fill("Day;Name\n04/01/2100;Inventory"); // a Monday
  await paste.getByRole("button", { name: "Add the days" }).click();
  await expect(paste).toBeHidden();
  await expect(page).toHaveURL(/\/calendars\/\d+/);
  await page.goto(`${page.url()}?year=2100`);
  await expect(page.getByRole("row", { name: /Inventory/ })).toContainText("Own day");

  await page.goto(`/jobs/${job.jobId}`);
  await page.getByRole("button", { name: "Every day" }).click();
  await page
    .getByRole("group", { name: "Hours", exact: true })
    .getByRole("button", { name: "06" })
    .click();
  await page.getByRole("button", { name: "On the hour" }).click();
  await page.getByRole("combobox", { name: "Calendar" }).click();
  await page.getByRole("option", { name: "Headquarters" }).click();
  await page.getByLabel("First day").fill("2100-01-04");
  const next = page.getByRole("region", { name: "Next runs" });
  await expect(next.getByRole("region", { name: "Not on these days" })).toContainText("Inventory");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Unsaved changes")).toBeHidden();
  await page.goto(`/jobs/${job.jobId}/why?from=2100-01-04&to=2100-01-04`);
  await expect(page.getByRole("main")).toContainText("Inventory");
});
