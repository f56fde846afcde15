import { QueryClient } from "@tanstack/react-query";
import { isProblem } from "@/api/problem";

/** Only what may pass by itself is tried again: no answer, or a server that is busy. */
function mayPass(error: unknown): boolean {
  return isProblem(error) && (error.status === 0 || error.status === 502 || error.status === 503);
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 2000,
        retry: (failures, error) => failures < 2 && mayPass(error),
        retryDelay: (failures) => Math.min(1000 * 2 ** failures, 5000),
      },
      mutations: { retry: false },
    },
  });
}
