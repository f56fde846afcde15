import { expect, test } from "./fixtures.ts";
import { fileOf, FOLDER, unique } from "./api.ts";

test("sets pasted into a job make a file each, and the run shows them", async ({ page, api }) => {
  const { connection_id } = await api.demoConnection();
  const name = unique("Sets");
  const { job_id } = await api.post<{ job_id: number }>("/api/jobs", {
    job_name: name,
    job_status: "N",
    export_path: FOLDER,
    export_name: `${fileOf(name)}_{label}`,
    sql_script: "select n, 10 / (:loja::int - 3) as x from generate_series(1, :loja::int) n",
    connection_id,
    retry_limit: 0,
    parameter_sets: {
      parameters: [{ name: "loja", type: "integer" }],
      sets: [{ label: "Lapa", values: { loja: 1 } }],
    },
  });
  await page.goto(`/jobs/${job_id}`);
  await page.getByText("1 set", { exact: true }).click();
  await page.getByRole("textbox", { name: "Label of row 1" }).evaluate((cell) => {
    const data = new DataTransfer();
    data.setData("text", "label\tloja\nLapa\t1\nSé\t2\nMooca\t3\n");
    const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
    cell.dispatchEvent(paste);
  });
  await expect(page.getByRole("textbox", { name: ":loja of row 3" })).toHaveValue("3");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Unsaved changes")).toBeHidden();
  await page.getByRole("button", { name: "Run now" }).click();
  const sets = page.getByRole("region", { name: "Sets of the run" });
  await expect(sets.getByText("2 of 3 done")).toBeVisible();
  await expect(sets.getByRole("row", { name: /Failed Mooca/ })).toBeVisible();
  await expect(sets.getByRole("button", { name: "Run the failed again (1)" })).toBeVisible();
  await sets.getByRole("link", { name: "Sé" }).click();
  await expect(page).toHaveURL(/_S%C3%A9|_Sé/);
});
