import { describe, expect, it } from "vitest";
import { toJob } from "@/api/jobs";
import { jobWire } from "@/testing/factories";
import { cloneOf, checkDraft, differences, draftOf } from "./draft";
import { filterJobs, formatSort, parseSort, type JobFilter } from "./job-filter";
import { formatSql } from "./format-sql";

const all: JobFilter = {
  q: "",
  status: null,
  connection: null,
  last: null,
  tags: [],
  sort: { key: "name", isDescending: false },
};
const jobs = [
  toJob(jobWire({ job_id: 1, job_name: "Rotina 10", next_due_at: null })),
  toJob(jobWire({ job_id: 2, job_name: "Rotina 2", job_status: "N", tags: ["diário"] })),
  toJob(
    jobWire({ job_id: 3, job_name: "Ação", dataset: "loja/estoque", tags: ["diário", "Vendas"] }),
  ),
];
const names = (filter: Partial<JobFilter>) =>
  filterJobs(jobs, { ...all, ...filter }, "pt-BR").map((job) => job.name);

describe("filtering jobs", () => {
  it("sorts names as people do", () => {
    expect(names({})).toEqual(["Ação", "Rotina 2", "Rotina 10"]);
  });

  it("finds by name without accents and by the file", () => {
    expect(names({ q: "acao" })).toEqual(["Ação"]);
    expect(names({ q: "estoque" })).toEqual(["Ação"]);
  });

  it("keeps what is missing at the end in both directions", () => {
    expect(names({ sort: { key: "next", isDescending: false } }).at(-1)).toBe("Rotina 10");
    expect(names({ sort: { key: "next", isDescending: true } }).at(-1)).toBe("Rotina 10");
  });

  it("filters by status", () => {
    expect(names({ status: "inactive" })).toEqual(["Rotina 2"]);
  });

  it("leaves the jobs that have every tag, in whatever capitals", () => {
    expect(names({ tags: ["DIÁRIO"] })).toEqual(["Ação", "Rotina 2"]);
    expect(names({ tags: ["diário", "vendas"] })).toEqual(["Ação"]);
    expect(names({ tags: ["vendas", "outra"] })).toEqual([]);
    expect(names({ tags: ["venda"] })).toEqual([]);
  });

  it("finds by a part of a tag", () => {
    expect(names({ q: "diario" })).toEqual(["Ação", "Rotina 2"]);
  });

  it("reads and writes the sort of the address", () => {
    expect(parseSort("-rows")).toEqual({ key: "rows", isDescending: true });
    expect(parseSort("nonsense")).toEqual({ key: "name", isDescending: false });
    expect(formatSort({ key: "name", isDescending: false })).toBeUndefined();
    expect(formatSort({ key: "next", isDescending: true })).toBe("-next");
  });
});

describe("drafts", () => {
  const job = toJob(jobWire({ job_status: "Y" }));

  it("name what differs", () => {
    const mine = { ...draftOf(job), name: "Outra" };
    expect(differences(mine, draftOf(job)).map(({ field }) => field)).toEqual(["name"]);
  });

  it("of a copy collide with nothing and are inactive", () => {
    const copy = cloneOf(job, "Vendas (cópia)");
    expect(copy.isActive).toBe(false);
    expect(copy.exportName).not.toBe(job.exportName);
  });

  it("need a query, a file and a whole schedule", () => {
    const faults = checkDraft({
      ...draftOf(job),
      sql: " ",
      exportName: "",
      schedule: { day: "Seg", hour: "", minute: "" },
    });
    expect(faults).toEqual({
      sql: "required",
      exportName: "required",
      schedule: "scheduleIncomplete",
    });
  });
});

describe("formatting a query", () => {
  it("changes blanks and nothing else", async () => {
    const formatted = await formatSql("select a,b from t where c='x  y'", "postgres");
    expect(formatted).toContain("\n");
    expect(formatted).toContain("'x  y'");
  });

  it("gives up on what it does not understand", async () => {
    expect(await formatSql("select (((", "postgres")).toBeNull();
  });
});
