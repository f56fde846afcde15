import { createRoute, redirect, type AnyRoute } from "@tanstack/react-router";

/** Addresses of the interface this one succeeds; bookmarks go on working. */
export function oldAddresses<Root extends AnyRoute>(root: Root) {
  const jobs = createRoute({
    getParentRoute: () => root,
    path: "/manutencao",
    beforeLoad: () => {
      throw redirect({ to: "/jobs" });
    },
  });
  const job = createRoute({
    getParentRoute: () => root,
    path: "/manutencao/$jobId",
    beforeLoad: ({ params }) => {
      throw redirect({ href: `/jobs/${params.jobId}` });
    },
  });
  return [jobs, job] as const;
}
