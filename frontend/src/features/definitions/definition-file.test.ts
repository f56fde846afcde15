import { describe, expect, it } from "vitest";
import { MAX_FILE_BYTES, withMember, type Outcome } from "@/api/definitions";
import { faultsByJob, isTakeable, readFile, toLookAt } from "./definition-file";

const file = (text: string) => new File([text], "jobs.json", { type: "application/json" });

function outcome(index: number, state: Outcome["state"]): Outcome {
  const diff = { fields: [], sql: "" };
  return { index, name: `job ${index}`, state, jobId: null, revision: null, diff, errors: [] };
}

describe("a file that is opened", () => {
  it("is sent as it is written, to the last digit", async () => {
    const text = '{"version": 1, "jobs": [{"n": 12345678901234567890}]}\n';
    expect(await readFile(file(text))).toBe(text);
    expect(await readFile(file(`\uFEFF${text}`))).toBe(text);
    const sent = withMember(text, "chosen", [{ job_name: 'a "}' }]);
    expect(sent).toContain("12345678901234567890");
    expect(JSON.parse(sent)).toMatchObject({ version: 1, chosen: [{ job_name: 'a "}' }] });
  });

  it("is refused before it is sent when it cannot be one", async () => {
    expect(await readFile(file("{"))).toMatchObject({ kind: "notJson" });
    for (const text of ["[]", "null", "3", "{}", '{"jobs": {}}']) {
      expect(await readFile(file(text))).toEqual({ kind: "notDefinitions" });
    }
    const large = file(" ".repeat(MAX_FILE_BYTES + 1));
    expect(await readFile(large)).toEqual({ kind: "tooLarge", megabytes: 8 });
  });
});

describe("what importing it would do", () => {
  it("shows first what has to be looked at, and not what is the same", () => {
    const states = ["same", "new", "refused", "changed", "new", "refused"] as const;
    const jobs = states.map((state, index) => outcome(index, state));
    expect(toLookAt(jobs).map((job) => job.index)).toEqual([2, 5, 3, 1, 4]);
    expect(jobs.filter(isTakeable).map((job) => job.index)).toEqual([1, 3, 4]);
  });

  it("tells faults by the place of their job in the file", () => {
    const fault = (field: string) => ({ field, code: "missing", message: "" });
    const found = faultsByJob([
      fault("jobs[12].after[0].job"),
      fault("jobs[12]"),
      fault("version"),
    ]);
    expect([...found.keys()]).toEqual([12]);
    expect(found.get(12)?.map((one) => one.field)).toEqual(["jobs[12].after[0].job", "jobs[12]"]);
  });
});
