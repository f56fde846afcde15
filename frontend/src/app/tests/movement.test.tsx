import { screen, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { RunTableWire } from "@/api/wire";
import { connectionWire, jobDetailWire, runDetailWire } from "@/testing/factories";
import { server } from "@/testing/server";
import { renderApp } from "./render-app";

const waiting: RunTableWire = {
  position: 2,
  source: "pagamento",
  target: "site.pagamento",
  state: "waiting",
  attempt: 0,
  rows: null,
  rows_expected: null,
  size_bytes: null,
  inserted: null,
  updated: null,
  deleted: null,
  skipped: null,
  duration_ms: null,
  rows_per_s: null,
  bytes_per_s: null,
  checks: null,
  notes: null,
  error_code: null,
  error_message: null,
  started_at: null,
  finished_at: null,
};
const failed: RunTableWire = {
  ...waiting,
  position: 1,
  target: "site.plano",
  state: "failed",
  error_code: "sync_key_not_unique",
  error_message: "The source has several rows.",
};

describe("jobs that move tables", () => {
  it("show how far each table of a run is, and why one failed", async () => {
    server.use(
      http.get("*/api/runs/7", () => HttpResponse.json(runDetailWire())),
      http.get("*/api/runs/7/tables", () => HttpResponse.json([failed, waiting])),
    );
    await renderApp("/runs/7");
    const row = await screen.findByRole("row", { name: /site\.plano/ });
    expect(within(row).getByText("Failed")).toBeVisible();
    expect(within(row).getByText(/The key does not tell rows apart/)).toBeVisible();
    expect(screen.getByText("0 of 2 done")).toBeVisible();
  });

  it("show rows, bytes, rate and progress of a table while it is moved", async () => {
    const moving: RunTableWire = {
      ...waiting,
      position: 1,
      target: "site.plano",
      state: "running",
      rows: 300_000,
      rows_expected: 1_200_000,
      size_bytes: 45_000_000,
      duration_ms: 4000,
      rows_per_s: 75_000,
      bytes_per_s: 11_250_000,
    };
    let asked = 0;
    server.use(
      http.get("*/api/runs/7", () =>
        HttpResponse.json(runDetailWire({ state: "running", finished_at: null })),
      ),
      http.get("*/api/runs/7/tables", () => {
        asked += 1;
        return HttpResponse.json([asked > 1 ? { ...moving, rows: 600_000 } : moving, waiting]);
      }),
    );
    await renderApp("/runs/7");
    const row = await screen.findByRole("row", { name: /site\.plano/ });
    expect(row).toHaveTextContent("Being moved");
    expect(row).toHaveTextContent("of about 1,200,000");
    expect(row).toHaveTextContent("45 MB");
    expect(row).toHaveTextContent("11.3 MB/s");
    expect(row).toHaveTextContent("75,000 rows/s");
    // It should go on without anybody asking
    expect(
      await within(row).findByText(/^600,000/, { selector: "td" }, { timeout: 15_000 }),
    ).toBeVisible();
    const bar = within(row).getByRole("progressbar", { name: "Progress of site.plano" });
    expect(bar).toHaveAttribute("aria-valuenow", "50");
  });

  it("are edited with tables in place of a query, and say what a run would do", async () => {
    let asked: unknown = null;
    const job = jobDetailWire({
      job_kind: "sync",
      target_connection_id: 2,
      movement: { tables: [{ source: "plano", target: "plano", key: ["id"] }] },
    });
    const site = { ...connectionWire, connection_id: 2, name: "site", is_writable: true };
    server.use(
      http.get("*/api/jobs/1", () => HttpResponse.json(job)),
      http.get("*/api/connections", () => HttpResponse.json([connectionWire, site])),
      http.get("*/api/connections/:id/catalogue", () =>
        HttpResponse.json({ tables: [], is_cut: false }),
      ),
      http.post("*/api/movements/dry-run", async ({ request }) => {
        asked = await request.json();
        return HttpResponse.json({
          tables: [
            {
              source: "plano",
              target: "plano",
              rows: 40,
              inserted: 31,
              updated: 2,
              deleted: 1,
              error: null,
            },
          ],
        });
      }),
    );
    const { user } = await renderApp("/jobs/1");
    expect(await screen.findByRole("textbox", { name: "Table at the target" })).toHaveValue(
      "plano",
    );
    expect(screen.queryByText("SQL")).not.toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Dry run" }));
    const dialog = await screen.findByRole("dialog", { name: "What a run would do now" });
    expect(within(dialog).getByText("31")).toBeVisible();
    expect(asked).toMatchObject({ job_kind: "sync", target_connection_id: 2 });
  });
});
