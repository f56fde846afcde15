import { getRouteApi } from "@tanstack/react-router";
import { NewJob } from "@/features/jobs/new-job";

const route = getRouteApi("/shell/jobs/new");

export function NewJobPage() {
  const { clone } = route.useSearch();
  return <NewJob key={clone} cloneId={clone} />;
}
