/* eslint-disable no-empty-pattern -- Playwright wants a pattern, also where nothing is taken */
import { expect, request, test as plain, type BrowserContext } from "@playwright/test";
import { Api } from "./api.ts";
import { base, sessionFile, type Person } from "./people.ts";

interface Guard {
  /** Faults this test provokes on purpose, by what the browser says of them. */
  tolerate: (...faults: RegExp[]) => void;
}

interface Options {
  /** Who sits at the browser. */
  person: Person | "nobody";
}

interface Fixtures {
  guard: Guard;
  /** The product by its interface for programs, as root. */
  api: Api;
}

/** Tests whose pages may neither complain in the console nor ask any other host. */
export const test = plain.extend<Fixtures & Options>({
  person: ["root", { option: true }],
  baseURL: async ({}, use) => use(base()),
  storageState: async ({ person }, use) =>
    use(person === "nobody" ? undefined : sessionFile(person)),
  guard: [
    async ({ context }, use) => {
      const tolerated: RegExp[] = [];
      const faults = watch(context);
      await use({ tolerate: (...more) => tolerated.push(...more) });
      const left = faults.filter((fault) => !tolerated.some((one) => one.test(fault)));
      expect(left, "console errors and requests to other hosts").toEqual([]);
    },
    { auto: true },
  ],
  api: async ({}, use) => {
    const context = await request.newContext({
      baseURL: base(),
      storageState: sessionFile("root"),
    });
    await use(new Api(context));
    await context.dispose();
  },
});

function watch(context: BrowserContext): string[] {
  const faults: string[] = [];
  context.on("console", (message) => {
    if (message.type() !== "error") return;
    faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => faults.push(`uncaught: ${error.error().message}`));
  context.on("request", (asked) => {
    const url = new URL(asked.url());
    const isInside = ["data:", "blob:", "about:"].includes(url.protocol);
    if (!isInside && url.origin !== base()) faults.push(`request to ${url.href}`);
  });
  return faults;
}

export { expect };
