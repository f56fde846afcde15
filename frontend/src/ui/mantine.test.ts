import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const STYLES = "node_modules/@mantine/core/styles";

function componentsInUse(): Set<string> {
  const found = new Set<string>();
  for (const file of readdirSync("src", { recursive: true, encoding: "utf-8" })) {
    if (!file.endsWith(".tsx")) continue;
    const text = readFileSync(join("src", file), "utf-8");
    for (const [, names] of text.matchAll(/import \{([^}]*)\} from "@mantine\/core"/g)) {
      names?.split(",").forEach((name) => found.add(name.trim()));
    }
  }
  return found;
}

it("loads the style of every component in use", () => {
  const loaded = readFileSync("src/ui/mantine.ts", "utf-8");
  const styled = [...componentsInUse()].filter((name) => existsSync(join(STYLES, `${name}.css`)));
  expect(styled.length).toBeGreaterThan(20);
  expect(styled.filter((name) => !loaded.includes(`/${name}.css`))).toEqual([]);
});
