import { describe, expect, it } from "vitest";
import { toRun } from "@/api/runs";
import type { Overview } from "@/api/overview";
import { runWire } from "@/testing/factories";
import { aroundNow, byHour } from "./timeline";

const at = (time: string) => new Date(`2026-03-02T${time}:00Z`);
const overview: Overview = {
  now: at("12:00"),
  timeZone: "UTC",
  dayStart: at("00:00"),
  dayEnd: new Date("2026-03-03T00:00:00Z"),
  failed: [],
  late: [],
  running: [],
  oldestQueuedAt: null,
  statesToday: {},
  today: [
    toRun(runWire({ run_id: 2, due_at: "2026-03-02T09:30:00Z", state: "failed" })),
    toRun(runWire({ run_id: 1, due_at: "2026-03-02T09:00:00Z" })),
  ],
  planned: [{ jobId: 1, jobName: "Vendas", dueAt: at("15:00") }],
  failedNotifications: [],
  activeJobs: 1,
  inactiveJobs: 0,
};

describe("today", () => {
  it("counts occurrences by hour and state", () => {
    const hours = byHour(overview);
    expect(hours).toHaveLength(24);
    expect(hours[9]?.counts).toEqual({ succeeded: 1, failed: 1 });
    expect(hours[15]?.counts).toEqual({ toCome: 1 });
  });

  it("has 23 hours when the clock skips one", () => {
    const short = { ...overview, dayEnd: new Date("2026-03-02T23:00:00Z") };
    expect(byHour(short)).toHaveLength(23);
  });

  it("shows what was in order, then what comes", () => {
    const { before, after } = aroundNow(overview, 5, 5);
    expect(before.map(({ run }) => run.runId)).toEqual([1, 2]);
    expect(after).toHaveLength(1);
  });
});
