import { describe, expect, it } from "vitest";
import { draftFrom, EMPTY_VALUES } from "./connection-values";

const oracle = { ...EMPTY_VALUES, name: "erp", kind: "oracle" as const, username: "leitor" };

describe("the options of a connection", () => {
  it("are those that were filled in", () => {
    const draft = draftFrom({ ...oracle, currentSchema: " ERP ", configDir: "/etc/oracle" }, null);
    expect(draft.options).toEqual({ current_schema: "ERP", config_dir: "/etc/oracle" });
  });

  it("are only those of its kind", () => {
    const draft = draftFrom({ ...oracle, sslmode: "require", walletLocation: "/w" }, null);
    expect(draft.options).toEqual({ wallet_location: "/w" });
  });
});
