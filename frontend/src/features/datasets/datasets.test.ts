import { describe, expect, it } from "vitest";
import { toJob } from "@/api/jobs";
import { ExactNumber } from "@/lib/json-exact";
import { jobWire } from "@/testing/factories";
import { cellText } from "./cell-text";
import { entriesOf, sortEntries } from "./dataset-entries";
import { gridColumns } from "./grid-columns";
import { isLocalOrigin, snippetsOf } from "./snippets";

const dataset = {
  datasetId: 1,
  name: "loja/vendas",
  jobId: 1,
  jobName: "Vendas",
  isJobActive: true,
  nextDueAt: null,
  versionId: 3,
  runId: 7,
  rows: 10,
  sizeBytes: 100,
  columns: [],
  asOf: new Date("2026-03-02T12:00:00Z"),
  publishedAt: new Date("2026-03-02T12:00:00Z"),
  path: "/x",
  expectedBy: null,
  expectedAt: null,
  freshness: null,
  lastReadAt: null,
  isUnused: null,
  readsKnownSince: new Date(0),
};
const lastRun = {
  run_id: 7,
  state: "failed",
  reason: null,
  trigger: "schedule",
  due_at: null,
  started_at: null,
  finished_at: null,
  rows: null,
  error_code: "source_failed",
};

describe("the list of datasets", () => {
  it("holds published ones and files from elsewhere", () => {
    const entries = entriesOf([dataset], ["loja/vendas", "avulso"], []);
    expect(entries.map(({ name, jobId }) => [name, jobId])).toEqual([
      ["loja/vendas", 1],
      ["avulso", null],
    ]);
  });

  it("tells by the last run and the next one how fresh the data is", () => {
    const freshness = (job: Parameters<typeof jobWire>[0]) =>
      entriesOf([dataset], [], [toJob(jobWire(job))], Date.parse("2026-03-02T13:00:00Z"))[0]
        ?.freshness;
    expect(freshness({ last_run: lastRun, next_due_at: null })).toBe("stale");
    expect(freshness({ next_due_at: "2026-03-02T12:00:00Z" })).toBe("late");
    expect(freshness({ next_due_at: "2026-03-02T14:00:00Z" })).toBe("fresh");
  });

  it("tells what people agreed on, whatever the last run did", () => {
    const expected = { ...dataset, expectedBy: "07:30", freshness: "due" as const };
    const jobs = [toJob(jobWire({ last_run: lastRun, next_due_at: null }))];
    expect(entriesOf([expected], [], jobs)[0]?.freshness).toBe("due");
  });

  it("sorts what is unknown to the end", () => {
    const entries = entriesOf([dataset], ["avulso"], []);
    const sorted = sortEntries(entries, { key: "rows", isDescending: true }, "en");
    expect(sorted.map(({ name }) => name)).toEqual(["loja/vendas", "avulso"]);
  });
});

describe("cells", () => {
  it("show values as they are", () => {
    expect(cellText("007")).toBe("007");
    expect(cellText(new ExactNumber("1.50"))).toBe("1.50");
    expect(cellText(false)).toBe("false");
    expect(cellText(null)).toBeNull();
    expect(cellText("")).toBe("");
  });

  it("take types from the manifest, else from what is seen", () => {
    const rows = [{ a: "007", b: 5 }];
    expect(gridColumns(null, rows).map(({ name, type }) => [name, type])).toEqual([
      ["a", "text"],
      ["b", "number"],
    ]);
    const columns = [{ name: "b", type: "integer", nativeType: "int4" }];
    expect(gridColumns(columns, rows)[0]?.isNumeric).toBe(true);
  });
});

describe("snippets", () => {
  it("hold the real address with escaped names", () => {
    const found = snippetsOf("https://sql.example:5000", "loja/vendas do mês");
    expect(found.address).toBe(
      "https://sql.example:5000/api/data/datasets/loja/vendas%20do%20m%C3%AAs",
    );
    expect(found.powerquery).toContain('Web.Contents("https://sql.example:5000"');
    for (const text of [found.pandas, found.curl, found.r, found.vba]) {
      expect(text).toContain("X-API-Key");
      expect(text).toContain(found.address);
    }
    expect(found.vba).toContain('"\\vendas do mês.xlsx"');
  });

  it("know when the address is only for this computer", () => {
    expect(isLocalOrigin("http://127.0.0.1:5000")).toBe(true);
    expect(isLocalOrigin("https://sql.example")).toBe(false);
  });
});
