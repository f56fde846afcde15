import { describe, expect, it } from "vitest";
import { formatsOf } from "./format";

const pt = formatsOf("pt-BR", "America/Sao_Paulo");
const en = formatsOf("en", "UTC");
const at = new Date("2026-03-02T12:05:00Z");

describe("formats", () => {
  it("write numbers the way of the language", () => {
    expect(pt.number(1234567)).toBe("1.234.567");
    expect(en.number(1234567)).toBe("1,234,567");
  });

  it("write sizes and spans with the right unit", () => {
    expect(pt.bytes(1_540_000)).toBe("1,5 MB");
    expect(en.bytes(999)).toBe("999 B");
    expect(en.duration(350)).toBe("350 ms");
    expect(pt.duration(2500)).toBe("2,5 s");
    expect(en.duration(61_000)).toBe("1 min 1 s");
    expect(en.duration(3_600_000 * 26)).toBe("1 d 2 h");
  });

  it("name the zone of an exact moment", () => {
    expect(pt.dateTimeZone(at)).toBe("02/03/2026, 09:05:00 (America/Sao_Paulo)");
    expect(en.dateTimeZone(at)).toContain("(UTC)");
  });

  it("know the weekdays from Monday on", () => {
    expect(en.weekday(0, "long")).toBe("Monday");
    expect(pt.weekday(6, "long")).toBe("domingo");
  });

  it("tell how far a moment is", () => {
    const now = new Date("2026-03-02T12:10:00Z");
    expect(en.relative(at, now)).toBe("5 min. ago");
    expect(pt.relative(new Date("2026-03-02T15:10:00Z"), now)).toContain("3 h");
  });
});
