import { expect, it } from "vitest";
import { toCsv } from "./export-logs";

it("quotes what would break a line of the export", () => {
  const text = toCsv([
    {
      logId: 1,
      at: new Date("2026-03-02T12:00:00Z"),
      level: "INFO",
      logger: "services.jobs",
      jobId: 4,
      runId: null,
      user: "root",
      text: 'name="a; b"\nnext',
      durationMs: null,
    },
  ]);
  expect(text).toContain('"name=""a; b""\nnext"');
  expect(text.split("\r\n")[0]).toBe("log_id;timestamp;level;source;job_id;run_id;user;text;ms");
});
