import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { sessionQuery } from "@/api/session";
import { parseSearch, stringifySearch } from "@/lib/search-params";
import { oldAddresses } from "./old-addresses";
import { CrashPage } from "./pages/crash-page";
import { LostPage } from "./pages/not-found-page";
import { WaitPage } from "./pages/wait-page";
import * as search from "./search";
import { Shell } from "./shell/shell";

export interface RouterContext {
  queryClient: QueryClient;
}

const root = createRootRouteWithContext<RouterContext>()({});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: search.loginSearch,
  beforeLoad: async ({ context }) => {
    const session = await context.queryClient.query({ ...sessionQuery, staleTime: "static" });
    if (session !== null) throw redirect({ to: "/" });
  },
  component: lazyRouteComponent(() => import("./pages/login-page"), "LoginPage"),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.query({ ...sessionQuery, staleTime: "static" });
    if (session === null) {
      const to = location.href === "/" ? undefined : location.href;
      throw redirect({ to: "/login", search: { to } });
    }
    return { session };
  },
  component: Shell,
});

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/home-page"), "HomePage"),
});

const jobs = createRoute({
  getParentRoute: () => shell,
  path: "/jobs",
  validateSearch: search.jobsSearch,
  component: lazyRouteComponent(() => import("./pages/jobs-page"), "JobsPage"),
});

const newJob = createRoute({
  getParentRoute: () => shell,
  path: "/jobs/new",
  validateSearch: search.newJobSearch,
  component: lazyRouteComponent(() => import("./pages/new-job-page"), "NewJobPage"),
});

const job = createRoute({
  getParentRoute: () => shell,
  path: "/jobs/$jobId",
  component: lazyRouteComponent(() => import("./pages/job-page"), "JobPage"),
});

const why = createRoute({
  getParentRoute: () => shell,
  path: "/jobs/$jobId/why",
  validateSearch: search.whySearch,
  component: lazyRouteComponent(() => import("./pages/why-page"), "WhyPage"),
});

const runs = createRoute({
  getParentRoute: () => shell,
  path: "/runs",
  validateSearch: search.runsSearch,
  component: lazyRouteComponent(() => import("./pages/runs-page"), "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => shell,
  path: "/runs/$runId",
  component: lazyRouteComponent(() => import("./pages/run-page"), "RunPage"),
});

const datasetsRoot = createRoute({ getParentRoute: () => shell, path: "/datasets" });

const datasets = createRoute({
  getParentRoute: () => datasetsRoot,
  path: "/",
  validateSearch: search.datasetsSearch,
  component: lazyRouteComponent(() => import("./pages/datasets-page"), "DatasetsPage"),
});

const dataset = createRoute({
  getParentRoute: () => datasetsRoot,
  path: "$",
  validateSearch: search.datasetSearch,
  component: lazyRouteComponent(() => import("./pages/dataset-page"), "DatasetPage"),
});

const sql = createRoute({
  getParentRoute: () => shell,
  path: "/sql",
  component: lazyRouteComponent(() => import("./pages/sql-page"), "SqlPage"),
});

const connections = createRoute({
  getParentRoute: () => shell,
  path: "/connections",
  validateSearch: search.listSearch,
  component: lazyRouteComponent(() => import("./pages/connections-page"), "ConnectionsPage"),
});

const targets = createRoute({
  getParentRoute: () => shell,
  path: "/targets",
  validateSearch: search.listSearch,
  component: lazyRouteComponent(() => import("./pages/targets-page"), "TargetsPage"),
});

const notifications = createRoute({
  getParentRoute: () => shell,
  path: "/notifications",
  validateSearch: search.notificationsSearch,
  component: lazyRouteComponent(() => import("./pages/notifications-page"), "NotificationsPage"),
});

const parameters = createRoute({
  getParentRoute: () => shell,
  path: "/parameters",
  validateSearch: search.listSearch,
  component: lazyRouteComponent(() => import("./pages/parameters-page"), "ParametersPage"),
});

const calendars = createRoute({
  getParentRoute: () => shell,
  path: "/calendars",
  validateSearch: search.listSearch,
  component: lazyRouteComponent(() => import("./pages/calendars-page"), "CalendarsPage"),
});

const calendar = createRoute({
  getParentRoute: () => shell,
  path: "/calendars/$calendarId",
  validateSearch: search.calendarSearch,
  component: lazyRouteComponent(() => import("./pages/calendar-page"), "CalendarPage"),
});

const users = createRoute({
  getParentRoute: () => shell,
  path: "/users",
  validateSearch: search.listSearch,
  component: lazyRouteComponent(() => import("./pages/users-page"), "UsersPage"),
});

const apiKeys = createRoute({
  getParentRoute: () => shell,
  path: "/api-keys",
  validateSearch: search.listSearch,
  component: lazyRouteComponent(() => import("./pages/api-keys-page"), "ApiKeysPage"),
});

const logs = createRoute({
  getParentRoute: () => shell,
  path: "/logs",
  validateSearch: search.logsSearch,
  component: lazyRouteComponent(() => import("./pages/logs-page"), "LogsPage"),
});

const audit = createRoute({
  getParentRoute: () => shell,
  path: "/audit",
  validateSearch: search.auditSearch,
  component: lazyRouteComponent(() => import("./pages/audit-page"), "AuditPage"),
});

const about = createRoute({
  getParentRoute: () => shell,
  path: "/about",
  component: lazyRouteComponent(() => import("./pages/about-page"), "AboutPage"),
});

const profile = createRoute({
  getParentRoute: () => shell,
  path: "/profile",
  component: lazyRouteComponent(() => import("./pages/profile-page"), "ProfilePage"),
});

const routeTree = root.addChildren([
  login,
  ...oldAddresses(root),
  shell.addChildren([
    home,
    jobs,
    newJob,
    job,
    why,
    runs,
    run,
    datasetsRoot.addChildren([datasets, dataset]),
    sql,
    connections,
    targets,
    notifications,
    parameters,
    calendars,
    calendar,
    users,
    apiKeys,
    logs,
    audit,
    about,
    profile,
  ]),
]);

export function makeRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPendingComponent: WaitPage,
    defaultErrorComponent: CrashPage,
    defaultNotFoundComponent: LostPage,
    scrollRestoration: true,
  });
}

export type AppRouter = ReturnType<typeof makeRouter>;

declare module "@tanstack/react-router" {
  interface Register {
    router: AppRouter;
  }
}
