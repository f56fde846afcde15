import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { en } from "./en";
import errorsEn from "./errors.en.json";
import errorsPtBr from "./errors.pt-BR.json";
import { ptBr } from "./pt-BR";

function leaves(node: object, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(node) as [string, unknown][]) {
    const path = `${prefix}${key}`;
    if (typeof value === "string") found.set(path, value);
    else if (typeof value === "object" && value !== null) {
      leaves(value, `${path}.`).forEach((text, name) => found.set(name, text));
    }
  }
  return found;
}

const english = leaves({ ...en, errors: errorsEn });
const portuguese = leaves({ ...ptBr, errors: errorsPtBr });
const placeholders = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort();

const ROOT = resolve(process.cwd(), "..");
const PACKAGES = [
  "services",
  "webapi",
  "connectors",
  "datafiles",
  "transfer",
  "messaging",
  "timing",
  "metadb",
  "execution",
];
/** `code = "x"`, `code: ClassVar[str] = "x"`, `Failure("x"` and the codes of framework errors. */
const CODE =
  /\bcode(?:: ClassVar\[str\])? = "([a-z_]+)"|Failure\(\s*"([a-z_]+)"|^ {4}\d{3}: "([a-z_]+)",$|problem\(\d+, "([a-z_]+)"/gm;

function serverCodes(): Set<string> {
  const files = PACKAGES.flatMap((name) =>
    readdirSync(join(ROOT, name), { recursive: true, encoding: "utf-8" })
      .filter((file) => file.endsWith(".py"))
      .map((file) => join(ROOT, name, file)),
  );
  const found = new Set<string>();
  for (const file of [...files, join(ROOT, "auxiliares.py"), join(ROOT, "stored_secrets.py")]) {
    for (const match of readFileSync(file, "utf-8").matchAll(CODE)) {
      const code = match.slice(1).find((group: string | undefined) => group !== undefined);
      if (code !== undefined) found.add(code);
    }
  }
  const documented = readFileSync(join(ROOT, "docs/reference/errors.md"), "utf-8");
  for (const match of documented.matchAll(/^\| `([a-z_]+)`/gm)) found.add(match[1] ?? "");
  return found;
}

describe("catalogues", () => {
  it("have the same keys", () => {
    expect([...portuguese.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it("have no empty text", () => {
    for (const texts of [english, portuguese]) {
      expect([...texts].filter(([, text]) => text.trim() === "")).toEqual([]);
    }
  });

  it("have the same placeholders", () => {
    for (const [key, text] of english) {
      expect(`${key} ${placeholders(portuguese.get(key) ?? "").join()}`).toBe(
        `${key} ${placeholders(text).join()}`,
      );
    }
  });

  it("have a text for every code of the server", () => {
    const codes = serverCodes();
    expect(codes.size).toBeGreaterThan(50);
    expect([...codes].filter((code) => !(code in errorsEn))).toEqual([]);
  });

  it("have a text for every sentence about what did not run", () => {
    const source = readFileSync(join(ROOT, "services/occurrence_explanation.py"), "utf-8");
    const codes = [...source.matchAll(/Sentence\(\s*"([a-z_]+)"/g)].map((match) => match[1] ?? "");
    expect(codes.length).toBeGreaterThan(12);
    // A reason is worded by its own code.
    const worded = codes.filter((code) => code !== "reason");
    expect(worded.filter((code) => !(code in en.why.sentences))).toEqual([]);
  });
});
