import { describe, expect, it } from "vitest";
import type { Profile } from "@/api/dialects";
import { formatColumns, membersOf, parseColumns, withMember, withProfile } from "./dialect-members";

const legacy: Profile["dialect"] = {
  delimiter: ";",
  quote: '"',
  decimal_mark: ".",
  date_format: "dmy",
  time_format: "fraction",
  zone_offset: false,
  encoding: "utf-8",
  unencodable: "fail",
  null_text: "",
  header: true,
  line_end: "lf",
  formula_guard: false,
};
const profiles: Profile[] = [
  { name: "legacy", about: "", dialect: legacy },
  { name: "excel_br", about: "", dialect: { ...legacy, decimal_mark: ",", line_end: "crlf" } },
];

describe("a dialect", () => {
  it("is its profile and what differs from it", () => {
    const dialect = withMember(withProfile(null, "excel_br"), profiles, "null_text", "NULL");
    expect(dialect).toEqual({ profile: "excel_br", null_text: "NULL" });
    expect(membersOf(dialect, profiles)).toMatchObject({ decimal_mark: ",", null_text: "NULL" });
  });

  it("keeps nothing that equals the profile", () => {
    const changed = withMember({ profile: "excel_br" }, profiles, "decimal_mark", ".");
    expect(withMember(changed, profiles, "decimal_mark", ",")).toEqual({ profile: "excel_br" });
  });

  it("keeps the chosen columns when the profile changes, and drops what was chosen besides", () => {
    const before = { profile: "legacy" as const, header: false, columns: [{ name: "uf" }] };
    expect(withProfile(before, "script")).toEqual({ profile: "script", columns: [{ name: "uf" }] });
  });
});

describe("columns of a file", () => {
  it("are written one a line, renamed by an equals sign", () => {
    const columns = parseColumns("canal\n valor = Valor (R$) = total \n\n");
    expect(columns).toEqual([{ name: "canal" }, { name: "valor", as: "Valor (R$) = total" }]);
    expect(formatColumns(columns)).toBe("canal\nvalor = Valor (R$) = total");
  });

  it("are all of the query's when none is written", () => {
    expect(parseColumns(" \n")).toBeNull();
  });
});
