/**
 * Pictures of every page in both themes and at the width of a phone, from a running product:
 * npm run screenshots -- --url http://127.0.0.1:5000 --user root --password … --out DIR
 * Limit them with --only jobs,run and --themes light.
 */
import { chromium, type APIRequestContext, type Browser, type Page } from "@playwright/test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:5000" },
    user: { type: "string", default: "root" },
    password: { type: "string", default: "" },
    out: { type: "string", default: "screenshots" },
    only: { type: "string", default: "" },
    themes: { type: "string", default: "light,dark,phone" },
    locale: { type: "string", default: "pt-BR" },
  },
});

interface Shot {
  name: string;
  path: string;
}

async function read<T>(page: Page, path: string): Promise<T> {
  const response = await page.request.get(`${options.url}${path}`);
  return (await response.json()) as T;
}

/** The first of each kind that there is. */
async function shots(page: Page): Promise<Shot[]> {
  const jobs = await read<{ job_id: number }[]>(page, "/api/jobs");
  const runs = await read<{ items: { run_id: number }[] }>(page, "/api/runs?size=1");
  const failed = await read<{ items: { run_id: number }[] }>(page, "/api/runs?size=1&state=failed");
  const datasets = await read<string[]>(page, "/api/data/datasets");
  const job = jobs[0]?.job_id;
  const run = runs.items[0]?.run_id;
  const fault = failed.items[0]?.run_id;
  const dataset = datasets[0];
  return [
    { name: "home", path: "/" },
    { name: "jobs", path: "/jobs" },
    { name: "job-new", path: "/jobs/new" },
    ...(job === undefined
      ? []
      : [
          { name: "job", path: `/jobs/${job}` },
          { name: "why", path: `/jobs/${job}/why` },
        ]),
    { name: "runs", path: "/runs" },
    ...(run === undefined ? [] : [{ name: "run", path: `/runs/${run}` }]),
    ...(fault === undefined ? [] : [{ name: "run-failed", path: `/runs/${fault}` }]),
    { name: "datasets", path: "/datasets" },
    ...(dataset === undefined
      ? []
      : [
          { name: "dataset", path: `/datasets/${dataset}` },
          { name: "dataset-connect", path: `/datasets/${dataset}?tab=connect` },
          { name: "dataset-readers", path: `/datasets/${dataset}?tab=readers` },
          { name: "dataset-history", path: `/datasets/${dataset}?tab=history` },
        ]),
    ...[
      "connections",
      "targets",
      "notifications",
      "parameters",
      "calendars",
      "calendars/1",
      "users",
      "api-keys",
      "logs",
      "audit",
      "sql",
      "about",
      "profile",
    ].map((name) => ({ name, path: `/${name}` })),
    { name: "rules", path: "/notifications?tab=rules" },
    { name: "channels", path: "/notifications?tab=channels" },
    { name: "not-found", path: "/nothing-here" },
  ];
}

async function open(browser: Browser, theme: string): Promise<Page> {
  const isPhone = theme === "phone";
  const context = await browser.newContext({
    viewport: isPhone ? { width: 390, height: 844 } : { width: 1440, height: 900 },
    colorScheme: theme === "dark" ? "dark" : "light",
    locale: options.locale,
  });
  const page = await context.newPage();
  page.on("pageerror", (error) => console.log(`  page error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") console.log(`  console: ${message.text()}`);
  });
  return page;
}

async function take(page: Page, theme: string, shot: Shot): Promise<void> {
  await page.goto(`${options.url}${shot.path}`);
  await page.waitForSelector("main h1", { timeout: 8000 }).catch(() => undefined);
  const settled = () => document.querySelectorAll("main [role=status]").length === 0;
  await page.waitForFunction(settled, null, { timeout: 8000 }).catch(() => undefined);
  // Fonts and transitions.
  await page.waitForTimeout(400);
  const file = join(options.out, `${shot.name}-${theme}.png`);
  await page.screenshot({ path: file, fullPage: theme === "phone" });
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  console.log(`${file}${overflow > 0 ? `  OVERFLOWS by ${overflow}px` : ""}`);
}

/** Logs in; on a fresh server the printed password is replaced first, and stands in --password. */
async function login(api: APIRequestContext): Promise<void> {
  const { user: username, password } = options;
  const entered = await api.post(`${options.url}/api/login`, { data: { username, password } });
  const { must_change_password } = (await entered.json()) as { must_change_password?: boolean };
  if (must_change_password !== true) return;
  options.password = `${password} of my own`;
  const change = { current_password: password, new_password: options.password };
  await api.put(`${options.url}/api/me/password`, { data: change });
}

async function main(): Promise<void> {
  mkdirSync(options.out, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  const only = options.only === "" ? null : options.only.split(",");
  for (const theme of options.themes.split(",")) {
    const page = await open(browser, theme);
    if (only === null || only.includes("login")) {
      await take(page, theme, { name: "login", path: "/login" });
    }
    await login(page.request);
    for (const shot of await shots(page)) {
      if (only === null || only.includes(shot.name)) await take(page, theme, shot);
    }
    await page.context().close();
  }
  await browser.close();
}

await main();
