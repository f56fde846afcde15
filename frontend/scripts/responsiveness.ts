/**
 * How the interface feels with many jobs, measured in a real browser against the real product:
 * the frames of a long list while it scrolls, and the slowest interactions (INP).
 * npm run build && npm run responsiveness            starts a product of its own
 * npm run responsiveness -- --jobs 2000              with fewer jobs
 */
import { chromium, request, type APIRequestContext, type Page } from "@playwright/test";
import { parseArgs } from "node:util";
import { startProduct } from "../e2e/product.ts";

const { values: options } = parseArgs({ options: { jobs: { type: "string", default: "10000" } } });
const JOBS = Number(options.jobs);
const PASSWORD = "measured by a script";
const AT_ONCE = 6;
const SCROLL_MS = 6000;

interface Spans {
  count: number;
  median: number;
  p95: number;
  p99: number;
  worst: number;
}

function spansOf(values: number[]): Spans {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return { count: sorted.length, median: at(0.5), p95: at(0.95), p99: at(0.99), worst: at(1) };
}

const ms = (value: number) => `${value.toFixed(1)} ms`;

async function login(api: APIRequestContext, first: string): Promise<void> {
  await api.post("/api/login", { data: { username: "root", password: first } });
  const change = { current_password: first, new_password: PASSWORD };
  const answer = await api.put("/api/me/password", { data: change });
  if (!answer.ok()) throw new Error(`login: ${answer.status()} ${await answer.text()}`);
}

async function fill(api: APIRequestContext): Promise<void> {
  const jobs = (await (await api.get("/api/jobs")).json()) as { connection_id: number }[];
  const connection_id = jobs[0]?.connection_id;
  let next = jobs.length;
  const worker = async () => {
    while (next < JOBS) {
      const n = (next += 1);
      const data = {
        job_name: `Rotina ${String(n).padStart(5, "0")} de vendas por região e canal`,
        job_status: n % 3 === 0 ? "N" : "Y",
        export_path: `area_${n % 50}`,
        export_name: `arquivo_${n}`,
        sql_script: `select ${n} as n`,
        connection_id,
        // Sunday night: nothing runs while it is measured.
        schedule: { day: "Dom", hour: "03", minute: String(n % 60).padStart(2, "0") },
      };
      const answer = await api.post("/api/jobs", { data });
      if (!answer.ok()) throw new Error(`job ${n}: ${answer.status()} ${await answer.text()}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Frame times, in a page that turns the wheel without a pause. */
async function scrolled(page: Page): Promise<Spans> {
  const table = page.getByRole("table", { name: "Jobs" });
  await table.hover();
  await page.evaluate(() => {
    const frames: number[] = [];
    Object.assign(window, { frames });
    let last = performance.now();
    const tick = (now: number) => {
      frames.push(now - last);
      last = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  const end = Date.now() + SCROLL_MS;
  while (Date.now() < end) {
    await page.mouse.wheel(0, 400);
    await page.waitForTimeout(16);
  }
  const frames = await page.evaluate(() => (window as unknown as { frames: number[] }).frames);
  return spansOf(frames.slice(2));
}

interface Interaction {
  name: string;
  type: string;
  duration: number;
}

/** Collects every interaction the browser reports, under the name of the step it belongs to. */
async function watch(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen: Interaction[] = [];
    Object.assign(window, { seen, step: "" });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { interactionId: number })[]) {
        if (entry.interactionId === 0) continue;
        const { step } = window as unknown as { step: string };
        seen.push({ name: step, type: entry.name, duration: entry.duration });
      }
    }).observe({ type: "event", durationThreshold: 16, buffered: true } as PerformanceObserverInit);
  });
}

type Step = [name: string, act: (page: Page) => Promise<void>];

const STEPS: Step[] = [
  ["search in the list", (page) => page.getByRole("searchbox").pressSequentially("09 região")],
  ["clear the search", (page) => page.getByRole("searchbox").fill("")],
  ["sort by name", (page) => page.getByRole("button", { name: "Sort by Name" }).click()],
  ["sort by next run", (page) => page.getByRole("button", { name: "Sort by Next run" }).click()],
  [
    "menu of a row",
    (page) =>
      page
        .getByRole("button", { name: /^More actions/ })
        .first()
        .click(),
  ],
  ["close the menu", (page) => page.keyboard.press("Escape")],
  ["open a job", (page) => page.locator("[role=row] a.row-link").first().click()],
  [
    "type a name",
    (page) => page.getByRole("textbox", { name: "Name", exact: true }).pressSequentially(" II"),
  ],
  ["type SQL", (page) => page.getByRole("textbox", { name: /SQL/ }).pressSequentially(" -- x")],
  ["every hour", (page) => page.getByRole("button", { name: "Every hour" }).click()],
  ["unfold the rules", (page) => page.locator("summary").first().click()],
];

async function interactions(page: Page): Promise<Interaction[]> {
  const found: Interaction[] = [];
  for (const [name, act] of STEPS) {
    await page.evaluate((step) => Object.assign(window, { step }), name);
    await act(page);
    // The browser reports an interaction after the frame that showed its outcome.
    await page.waitForTimeout(600);
  }
  found.push(...(await page.evaluate(() => (window as unknown as { seen: Interaction[] }).seen)));
  return found;
}

async function measure(base: string, rootPassword: string): Promise<void> {
  const browser = await chromium.launch({
    executablePath: process.env.ASQL_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  const context = await browser.newContext({
    baseURL: base,
    locale: "en-US",
    viewport: { width: 1440, height: 900 },
  });
  const api = await request.newContext({ baseURL: base });
  await login(api, rootPassword);
  await fill(api);
  await context.addCookies((await api.storageState()).cookies);
  const page = await context.newPage();
  await watch(page);
  const started = performance.now();
  await page.goto("/jobs");
  await page.locator("[role=row] a.row-link").first().waitFor();
  console.log(`${JOBS} jobs: first row after ${ms(performance.now() - started)}`);
  const frames = await scrolled(page);
  console.log(
    `scrolling: ${frames.count} frames, median ${ms(frames.median)}, p95 ${ms(frames.p95)}, ` +
      `p99 ${ms(frames.p99)}, worst ${ms(frames.worst)}`,
  );
  const all = await interactions(page);
  for (const [name] of STEPS) {
    const own = all.filter((one) => one.name === name).map((one) => one.duration);
    console.log(`  ${name}: ${own.length === 0 ? "under 16 ms" : ms(Math.max(...own))}`);
  }
  console.log(`slowest interaction (INP): ${ms(Math.max(0, ...all.map((one) => one.duration)))}`);
  await api.dispose();
  await browser.close();
}

const product = await startProduct();
try {
  await measure(product.base, product.rootPassword);
} finally {
  await product.stop();
}
