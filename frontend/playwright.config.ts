import { defineConfig } from "@playwright/test";

/** The browser suite: one real product, one Chromium, one test after the other. */
export default defineConfig({
  // A shared machine may stall for seconds; what passes only the second time is reported as flaky.
  retries: process.env.CI ? 1 : 0,
  testDir: "e2e",
  outputDir: "node_modules/.cache/playwright",
  globalSetup: "./e2e/global-setup.ts",
  workers: 1,
  // A test takes seconds; a busy machine gets patience.
  timeout: 45_000,
  expect: { timeout: 15_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: "list",
  use: {
    locale: "en-US",
    timezoneId: "America/Sao_Paulo",
    colorScheme: "light",
    viewport: { width: 1440, height: 900 },
    actionTimeout: 15_000,
    screenshot: "only-on-failure",
    // Nothing is judged in the middle of an animation.
    contextOptions: { reducedMotion: "reduce" },
    launchOptions: {
      executablePath: process.env.ASQL_CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // Whatever asks for another host fails at once, and is seen.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      ],
    },
  },
  projects: [
    // The root user's first password can be used once, so this comes before everything else.
    { name: "first start", testMatch: "first-start.setup.ts" },
    { name: "product", testMatch: "*.spec.ts", dependencies: ["first start"] },
  ],
});
