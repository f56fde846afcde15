import { getRouteApi } from "@tanstack/react-router";
import { RunDetail } from "@/features/runs/run-detail";
import { NotFoundPage } from "./not-found-page";

const route = getRouteApi("/shell/runs/$runId");

export function RunPage() {
  const runId = Number(route.useParams().runId);
  if (!Number.isSafeInteger(runId) || runId < 1) return <NotFoundPage />;
  return <RunDetail key={runId} runId={runId} />;
}
