import { screen, waitFor } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { connectionWire, jobDetailWire, me } from "@/testing/factories";
import { server } from "@/testing/server";
import { renderApp } from "./render-app";

const AT = "2026-03-02T12:00:00Z";
const DIFF = {
  fields: [{ field: "sql_script", before: "select 1", after: "select 2" }],
  sql: "--- before\n+++ after\n@@ -1 +1 @@\n-select 1\n+select 2",
};

describe("security", () => {
  it("lists where one is logged in and ends a session", async () => {
    const ended: string[] = [];
    const one = { created_at: AT, last_seen_at: AT, user_agent: "Firefox" };
    server.use(
      http.get("*/api/me/sessions", () =>
        HttpResponse.json([
          { ...one, session_id: 2, address: "10.0.0.2", is_current: true },
          { ...one, session_id: 1, address: "10.0.0.1", is_current: false },
        ]),
      ),
      http.delete("*/api/me/sessions/:id", ({ params }) => {
        ended.push(String(params.id));
        return HttpResponse.json({ msg: "ended" });
      }),
    );
    const { user } = await renderApp("/profile");
    expect(await screen.findByText("This session")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "End the session of 10.0.0.1" }));
    await waitFor(() => expect(ended).toEqual(["1"]));
  });

  it("shows who changed what, before and after", async () => {
    const item = {
      audit_id: 7,
      happened_at: AT,
      actor: "marina",
      address: "10.0.0.1",
      request_id: null,
      action: "changed",
      entity: "jobs_he",
      entity_id: "1",
      entity_name: "Vendas",
      before: { job_name: "Venda" },
      after: { job_name: "Vendas" },
    };
    server.use(
      http.get("*/api/audit", () =>
        HttpResponse.json({ items: [item], total: 1, page: 1, size: 50 }),
      ),
    );
    await renderApp("/audit");
    expect(await screen.findByRole("cell", { name: "marina" })).toBeVisible();
    expect(screen.getByText(/Venda → Vendas/)).toBeVisible();
  });

  it("shows a proposal with the difference of its query and approves it", async () => {
    const decided: string[] = [];
    const proposal = {
      proposal_id: 3,
      job_id: 1,
      job_name: "Vendas",
      base_revision: 1,
      state: "waiting",
      note: null,
      proposed_by: "nuno",
      proposed_at: AT,
      decided_by: null,
      decided_at: null,
      decision_note: null,
      diff: DIFF,
    };
    server.use(
      http.get("*/api/me", () => HttpResponse.json(me("moderator"))),
      http.get("*/api/jobs/1", () => HttpResponse.json(jobDetailWire())),
      http.get("*/api/proposals", () => HttpResponse.json([proposal])),
      http.post("*/api/proposals/3/approve", () => {
        decided.push("approve");
        return HttpResponse.json({ msg: "approved" });
      }),
    );
    const { user } = await renderApp("/jobs/1");
    expect(await screen.findByText(/nuno proposes a change/)).toBeVisible();
    expect(screen.getByText(/\+select 2/)).toBeVisible();
    await user.click(screen.getByText("Approve"));
    await waitFor(() => expect(decided).toEqual(["approve"]));
  });

  it("gives a new user a password that must be changed, unless told otherwise", async () => {
    const sent: unknown[] = [];
    server.use(
      http.get("*/api/users", () =>
        HttpResponse.json([{ user_id: 1, username: "root", role: "root" }]),
      ),
      http.post("*/api/users", async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json({ user_id: 9 }, { status: 201 });
      }),
    );
    const { user } = await renderApp("/users");
    for (const isKept of [true, false]) {
      await user.click(await screen.findByRole("button", { name: "New user" }));
      await user.type(await screen.findByRole("textbox", { name: "User name" }), "rita");
      await user.type(screen.getByLabelText(/^Password/), "uma senha dada");
      const mustChange = screen.getByRole("switch", { name: /Must change the password/ });
      expect(mustChange).toBeChecked();
      if (!isKept) await user.click(mustChange);
      await user.click(screen.getByRole("button", { name: "Save" }));
      await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    }
    const body = { username: "rita", password: "uma senha dada", role: "normal" };
    expect(sent).toEqual([
      { ...body, must_change_password: true },
      { ...body, must_change_password: false },
    ]);
  });

  it("says whom a connection is for, and lets it be used by those alone", async () => {
    const payroll = {
      ...connectionWire,
      connection_id: 2,
      name: "folha",
      usable_roles: [],
      usable_users: ["marina"],
      may_use: false,
    };
    server.use(
      http.get("*/api/me", () => HttpResponse.json(me("moderator"))),
      http.get("*/api/connections", () => HttpResponse.json([connectionWire, payroll])),
    );
    await renderApp("/connections");
    expect(await screen.findByText("only root, marina")).toBeVisible();
    expect(screen.getByRole("button", { name: "Test: demo" })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Test: folha" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Edit: folha" })).toBeNull();
  });
});
