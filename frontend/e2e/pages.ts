import type { Page } from "@playwright/test";
import { FOLDER, SLOW_QUERY, type Api } from "./api.ts";
import { expect } from "./fixtures.ts";

/** Every page: what it is called here, where it is, and what its title says. */
export interface Place {
  name: string;
  heading: string;
  path: (seeds: Seeds) => string;
}

export interface Seeds {
  jobId: number;
  runId: number;
  failedRunId: number;
  activeRunId: number;
  dataset: string;
}

const fixed = (name: string, heading: string, path: string): Place => ({
  name,
  heading,
  path: () => path,
});

export const PLACES: readonly Place[] = [
  fixed("overview", "Overview", "/"),
  fixed("jobs", "Jobs", "/jobs"),
  fixed("new job", "New job", "/jobs/new"),
  { name: "job", heading: "Seen", path: (seeds) => `/jobs/${seeds.jobId}` },
  { name: "why", heading: "Why did it not run?", path: (seeds) => `/jobs/${seeds.jobId}/why` },
  fixed("runs", "Runs", "/runs"),
  { name: "run", heading: "Seen", path: (seeds) => `/runs/${seeds.runId}` },
  { name: "failed run", heading: "Broken", path: (seeds) => `/runs/${seeds.failedRunId}` },
  { name: "active run", heading: "Working", path: (seeds) => `/runs/${seeds.activeRunId}` },
  fixed("datasets", "Datasets", "/datasets"),
  { name: "dataset", heading: FOLDER, path: (seeds) => `/datasets/${seeds.dataset}` },
  {
    name: "dataset connect",
    heading: FOLDER,
    path: (seeds) => `/datasets/${seeds.dataset}?tab=connect`,
  },
  {
    name: "dataset history",
    heading: FOLDER,
    path: (seeds) => `/datasets/${seeds.dataset}?tab=history`,
  },
  {
    name: "dataset readers",
    heading: FOLDER,
    path: (seeds) => `/datasets/${seeds.dataset}?tab=readers`,
  },
  fixed("sql", "SQL over datasets", "/sql"),
  fixed("connections", "Connections", "/connections"),
  fixed("targets", "Targets", "/targets"),
  fixed("notifications", "Notifications", "/notifications"),
  fixed("notification rules", "Notifications", "/notifications?tab=rules"),
  fixed("channels", "Notifications", "/notifications?tab=channels"),
  fixed("parameters", "Parameters", "/parameters"),
  fixed("calendars", "Calendars", "/calendars"),
  fixed("calendar", "Brasil (feriados nacionais)", "/calendars/1?year=2027"),
  fixed("users", "Users", "/users"),
  fixed("api keys", "API keys", "/api-keys"),
  fixed("logs", "Logs", "/logs"),
  fixed("audit", "Audit trail", "/audit"),
  fixed("about", "About and health", "/about"),
  fixed("profile", "Profile", "/profile"),
  fixed("not found", "There is no such page", "/nothing-here"),
];

/** Something to see on every page, long names included. */
export async function seed(api: Api): Promise<Seeds> {
  const word = `Seen ${"by everybody who looks at the list of jobs ".repeat(2).trim()}`;
  const columns = Array.from({ length: 12 }, (_, index) => `n * ${index} as coluna_${index}`);
  const query = `select n, ${columns.join(", ")} from generate_series(1, 500) n`;
  const seen = await api.finished(word, query);
  await api.put(`/api/jobs/${seen.jobId}`, {
    tags: ["sales", "x".repeat(40), "month-end closing"],
  });
  // A chart takes two runs
  const runId = await api.start(seen.jobId);
  const broken = await api.finished("Broken", "select kode from loja.clientes", "failed");
  const working = await api.job("Working", SLOW_QUERY);
  const activeRunId = await api.start(working.jobId);
  await api.reached(runId, "succeeded");
  await api.reached(activeRunId, "running");
  return {
    jobId: seen.jobId,
    runId,
    failedRunId: broken.runId,
    activeRunId,
    dataset: `${FOLDER}/${seen.file}`,
  };
}

/** Opens a place and waits until everything it reads has come. */
export async function open(page: Page, place: Place, seeds: Seeds): Promise<void> {
  await page.goto(place.path(seeds));
  const isEnglish = (await page.locator("html").getAttribute("lang")) === "en";
  await expect(page.getByRole("heading", { level: 1 })).toContainText(
    isEnglish ? place.heading : /\S/,
  );
  await expect(page.locator("main").getByRole("status")).toHaveCount(0);
  await page.evaluate(async () => {
    await document.fonts.ready;
  });
}
