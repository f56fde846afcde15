import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { ChannelWire, NotificationWire, RuleWire } from "@/api/wire";
import { jobDetailWire, me } from "@/testing/factories";
import { problemAnswer, server } from "@/testing/server";
import { renderApp } from "./render-app";

const AT = "2026-03-02T12:00:00Z";

const channel: ChannelWire = {
  channel_id: 1,
  name: "E-mail da equipe",
  kind: "email",
  language: "pt-BR",
  options: { host: "mail.example", recipients: ["ana@example.com"] },
  has_secret: true,
  created_at: AT,
  updated_at: AT,
};

const rule: RuleWire = {
  rule_id: 3,
  job_id: null,
  connection_id: null,
  channel_id: 1,
  channel_name: channel.name,
  topics: ["failure", "recovery"],
  recipients: [],
  only_changes: true,
  digest_every_min: null,
  digest_at: "08:30:00",
  quiet_start: "22:00:00",
  quiet_end: "07:00:00",
  failures_pass: true,
  muted_until: null,
  attach_dataset: false,
  attach_limit_mb: 10,
};

const failed: NotificationWire = {
  notification_id: 5,
  channel_id: 1,
  channel_name: channel.name,
  rule_id: 3,
  recipients: ["ana@example.com"],
  state: "failed",
  attempt: 1,
  subject: "Falhou: Vendas",
  error_code: "channel_login_failed",
  error_message: "mail.example:587 refused the login: 535 no.",
  next_try_at: null,
  created_at: AT,
  finished_at: AT,
  items: [
    { topic: "failure", job_id: 1, job_name: "Vendas", run_id: 7, detail: null, created_at: AT },
  ],
};

function serve(items: NotificationWire[] = []) {
  server.use(
    http.get("*/api/channels", () => HttpResponse.json([channel])),
    http.get("*/api/notification-rules", () => HttpResponse.json([rule])),
    http.get("*/api/notifications", () =>
      HttpResponse.json({ items, total: items.length, page: 1, size: 50 }),
    ),
  );
}

describe("notifications", () => {
  it("say why one was not sent, and send it again", async () => {
    serve([failed]);
    let sent = 0;
    server.use(
      http.post("*/api/notifications/5/send", () => {
        sent += 1;
        return HttpResponse.json({ ...failed, state: "waiting" });
      }),
    );
    await renderApp("/notifications");
    expect(await screen.findByText("The server refused the login")).toBeVisible();
    expect(screen.getByText(/535 no/)).toBeVisible();
    expect(screen.getByRole("link", { name: "failure: Vendas" })).toHaveAttribute(
      "href",
      "/runs/7",
    );
    await userEvent.click(screen.getByRole("button", { name: "Send again" }));
    await waitFor(() => expect(sent).toBe(1));
  });

  it("are listed by job and channel, as the address says", async () => {
    const asked: string[] = [];
    serve();
    server.use(
      http.get("*/api/notifications", ({ request }) => {
        asked.push(new URL(request.url).search);
        return HttpResponse.json({ items: [], total: 0, page: 1, size: 50 });
      }),
    );
    await renderApp("/notifications?job=1&channel=1&state=failed");
    expect(await screen.findByText("Nothing matches these filters")).toBeVisible();
    expect(asked.at(-1)).toBe("?state=failed&channel_id=1&job_id=1&page=1&size=50");
  });

  it("that failed are seen on the job, and sent again from there", async () => {
    const now = new Date().toISOString();
    let again = 0;
    serve();
    server.use(
      http.get("*/api/jobs/1", () => HttpResponse.json(jobDetailWire())),
      http.get("*/api/notifications", ({ request }) => {
        const isFailed = new URL(request.url).searchParams.get("state") === "failed";
        const items = isFailed ? [{ ...failed, finished_at: now }] : [];
        return HttpResponse.json({ items, total: items.length, page: 1, size: 5 });
      }),
      http.post("*/api/notifications/5/send", () => {
        again += 1;
        return HttpResponse.json({ ...failed, state: "waiting" });
      }),
    );
    await renderApp("/jobs/1");
    expect(
      await screen.findByText(/Notification not sent: E-mail da equipe/, {}, { timeout: 15_000 }),
    ).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Send again" }));
    await waitFor(() => expect(again).toBe(1));
  });

  it("are changed by moderators only", async () => {
    serve([failed]);
    server.use(http.get("*/api/me", () => HttpResponse.json(me("normal"))));
    await renderApp("/notifications?tab=channels");
    expect(await screen.findByText("E-mail da equipe")).toBeVisible();
    expect(screen.queryByRole("button", { name: "New channel" })).toBeNull();
  });

  it("say when a rule sends, and mute it", async () => {
    serve();
    const bodies: unknown[] = [];
    server.use(
      http.put("*/api/notification-rules/3", async ({ request }) => {
        bodies.push(await request.json());
        return HttpResponse.json(rule);
      }),
    );
    await renderApp("/notifications?tab=rules");
    expect(await screen.findByText("daily at 08:30, quiet from 22:00 to 07:00")).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Mute" }));
    await userEvent.click(await screen.findByText("For 8 hours", {}, { timeout: 10_000 }));
    await waitFor(() => expect(bodies).toHaveLength(1));
    expect(bodies[0]).toHaveProperty("muted_until");
  });

  it("save a rule of all jobs", async () => {
    serve();
    const bodies: Record<string, unknown>[] = [];
    server.use(
      http.post("*/api/notification-rules", async ({ request }) => {
        bodies.push((await request.json()) as Record<string, unknown>);
        return HttpResponse.json(rule, { status: 201 });
      }),
    );
    await renderApp("/notifications?tab=rules");
    await userEvent.click(await screen.findByRole("button", { name: "New rule" }));
    const dialog = await screen.findByRole("dialog");
    await userEvent.click(within(dialog).getByRole("combobox", { name: /Channel/ }));
    await userEvent.click(
      await screen.findByRole("option", { name: /E-mail da equipe/, hidden: true }),
    );
    await userEvent.click(within(dialog).getByRole("checkbox", { name: "Every success" }));
    await userEvent.click(within(dialog).getByRole("button", { name: "Save" }));
    await waitFor(() => expect(bodies).toHaveLength(1));
    expect(bodies[0]).toMatchObject({ channel_id: 1, job_id: null, digest_at: null });
    expect(bodies[0]?.topics).toContain("success");
  });

  it("show what the server answered to a test", async () => {
    serve();
    server.use(
      http.post("*/api/channels/1/test", () =>
        problemAnswer(502, "channel_unreachable", "mail.example:587 did not answer in time."),
      ),
    );
    await renderApp("/notifications?tab=channels");
    await userEvent.click(await screen.findByRole("button", { name: "Test: E-mail da equipe" }));
    await userEvent.click(await screen.findByRole("button", { name: "Send the test" }));
    expect(await screen.findByText("The server of the channel does not answer")).toBeVisible();
    expect(screen.getByText(/did not answer in time/)).toBeVisible();
  });
});
