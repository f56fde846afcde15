import { screen, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { me, runDetailWire, runWire } from "@/testing/factories";
import { server } from "@/testing/server";
import { renderApp } from "./render-app";

const running = {
  state: "running",
  finished_at: null,
  duration_ms: null,
  started_at: new Date().toISOString(),
  version: null,
};

describe("runs", () => {
  it("say why one did not run", async () => {
    const skipped = runWire({ state: "cancelled", reason: "overlap", rows: null });
    server.use(
      http.get("*/api/runs", () =>
        HttpResponse.json({ items: [skipped], total: 1, page: 1, size: 50 }),
      ),
    );
    await renderApp("/runs");
    expect(await screen.findByText("Skipped: the run before it was not finished")).toBeVisible();
    const row = screen.getByRole("row", { name: /Vendas/ });
    expect(within(row).getByText("Cancelled")).toBeVisible();
  });

  it("explain a failure and what to do", async () => {
    const failed = runDetailWire({
      state: "failed",
      error_code: "source_login_failed",
      error_message: 'password authentication failed for user "leitor"',
      version: null,
    });
    server.use(http.get("*/api/runs/7", () => HttpResponse.json(failed)));
    await renderApp("/runs/7");
    expect(await screen.findByText("The database refused the login")).toBeVisible();
    expect(screen.getByText(/It is not retried: accounts get locked/)).toBeVisible();
    expect(screen.getByText(/password authentication failed/)).toBeVisible();
  });

  it("explain the code of the database in the reader's language", async () => {
    const failed = runDetailWire({
      state: "failed",
      error_code: "source_failed",
      error_message: "The query failed at Oracle at ora/ERP: ORA-01555: snapshot too old.",
      version: null,
    });
    const words = (cause: string) => ({ cause, action: "Run it at a quieter time." });
    server.use(
      http.get("*/api/runs/7", () => HttpResponse.json(failed)),
      http.get("*/api/database-codes", () =>
        HttpResponse.json([
          { code: "ORA-00942", actor: "author", en: words("No."), pt: words("Não.") },
          { code: "ORA-01555", actor: "administrator", en: words("Too old."), pt: words("Velho.") },
        ]),
      ),
    );
    await renderApp("/runs/7");
    expect(await screen.findByText(/Too old. Run it at a quieter time/)).toBeVisible();
    expect(screen.getByText(/the administrator of the database/)).toBeVisible();
  });

  it("are cancelled after a dialog that names them", async () => {
    let after = runDetailWire(running);
    server.use(
      http.get("*/api/runs/7", () => HttpResponse.json(after)),
      http.post("*/api/runs/7/cancel", () => {
        after = runDetailWire({ ...running, cancel_requested_by: "root" });
        return HttpResponse.json(after, { status: 202 });
      }),
    );
    const { user } = await renderApp("/runs/7");
    await user.click(await screen.findByRole("button", { name: "Cancel run" }));
    const dialog = await screen.findByRole("dialog", { name: "Cancel run 7 of “Vendas”?" });
    await user.click(within(dialog).getByRole("button", { name: "Cancel the run" }));
    expect(await screen.findByText(/waiting for the database to stop/)).toBeVisible();
  });

  it("cannot be cancelled by a normal user", async () => {
    server.use(
      http.get("*/api/me", () => HttpResponse.json(me("normal"))),
      http.get("*/api/runs/7", () => HttpResponse.json(runDetailWire(running))),
    );
    await renderApp("/runs/7");
    expect(await screen.findByRole("heading", { name: "Vendas" })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Cancel run" })).not.toBeInTheDocument();
  });
});
