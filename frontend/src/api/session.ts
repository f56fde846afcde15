import { queryOptions } from "@tanstack/react-query";
import type { Role } from "@/lib/permissions";
import { change, get, sessionBegun } from "./client";
import type { MeWire } from "./wire";

export interface Session {
  username: string;
  role: Role;
  mustChangePassword: boolean;
}

function toSession(wire: MeWire): Session | null {
  if (!wire.authenticated || !wire.username || !wire.role) return null;
  return {
    username: wire.username,
    role: wire.role as Role,
    mustChangePassword: wire.must_change_password ?? false,
  };
}

/** Who is logged in; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }) => toSession(await get<MeWire>("/api/me", undefined, signal)),
  staleTime: Infinity,
});

export async function login(username: string, password: string): Promise<void> {
  await change("POST", "/api/login", { username, password });
  sessionBegun();
}

export async function logout(): Promise<void> {
  await change("POST", "/api/logout");
}

export async function changePassword(current: string, next: string): Promise<void> {
  await change("PUT", "/api/me/password", { current_password: current, new_password: next });
}
