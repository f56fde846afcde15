import { useQuery } from "@tanstack/react-query";
import { overviewQuery } from "@/api/overview";

/** The zone of jobs that name none. */
export function useServerZone(): string {
  const overview = useQuery({ ...overviewQuery, staleTime: 60_000 });
  return overview.data?.timeZone ?? "America/Sao_Paulo";
}
