import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import {
  connectionWire,
  jobWire,
  me,
  overviewWire,
  profileListWire,
  readinessWire,
} from "./factories";

const emptyPage = { items: [], total: 0, page: 1, size: 50 };

/** A server where root is logged in and one job exists; tests replace what they are about. */
export const server = setupServer(
  http.get("*/api/me", () => HttpResponse.json(me("root"))),
  http.get("*/readyz", () => HttpResponse.json(readinessWire)),
  http.get("*/api/overview", () => HttpResponse.json(overviewWire())),
  http.get("*/api/jobs", () => HttpResponse.json([jobWire()])),
  http.get("*/api/runs", () => HttpResponse.json(emptyPage)),
  http.get("*/api/logs", () => HttpResponse.json(emptyPage)),
  http.get("*/api/connections/1/catalogue", () => HttpResponse.json({ tables: [], is_cut: false })),
  http.get("*/api/me/sessions", () => HttpResponse.json([])),
  http.get("*/api/audit", () => HttpResponse.json(emptyPage)),
  http.get("*/api/jobs/:id/versions", () => HttpResponse.json([])),
  http.get("*/api/proposals", () => HttpResponse.json([])),
  http.get("*/api/connections", () => HttpResponse.json([connectionWire])),
  http.get("*/api/parameters", () => HttpResponse.json([])),
  http.get("*/api/tags", () => HttpResponse.json([])),
  http.get("*/api/calendars", () => HttpResponse.json([])),
  http.get("*/api/targets", () => HttpResponse.json([])),
  http.get("*/api/channels", () => HttpResponse.json([])),
  http.get("*/api/notification-rules", () => HttpResponse.json([])),
  http.get("*/api/notifications", () => HttpResponse.json(emptyPage)),
  http.get("*/api/backfills", () => HttpResponse.json({ ...emptyPage, size: 10 })),
  http.get("*/api/runs/:id/deliveries", () => HttpResponse.json([])),
  http.get("*/api/runs/:id/tables", () => HttpResponse.json([])),
  http.get("*/api/runs/:id/sets", () => HttpResponse.json([])),
  http.get("*/api/maintenance", () =>
    HttpResponse.json({ paused: false, paused_at: null, paused_by: null, note: null }),
  ),
  http.post("*/api/schedule/preview", () =>
    HttpResponse.json({
      time_zone: "America/Sao_Paulo",
      moments: [1, 2, 3, 4, 5].map((day) => `2026-03-0${day}T07:00:00-03:00`),
      off: [],
      description: "",
    }),
  ),
  http.get("*/api/date-expressions", () => HttpResponse.json([])),
  http.get("*/api/dialects", () => HttpResponse.json(profileListWire)),
  http.get("*/api/datasets", () => HttpResponse.json([])),
  http.get("*/api/data/datasets", () => HttpResponse.json([])),
);

/** An error as the server sends it. */
export function problemAnswer(status: number, code: string, detail = code, more: object = {}) {
  return HttpResponse.json(
    { type: "about:blank", status, code, detail, msg: detail, error: detail, errors: [], ...more },
    { status, headers: { "Content-Type": "application/problem+json" } },
  );
}
