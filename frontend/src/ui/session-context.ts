import { createContext, use } from "react";
import type { Session } from "@/api/session";
import { may, type Permission } from "@/lib/permissions";

export const SessionContext = createContext<Session | null>(null);

/** Who is logged in. Only below the shell, which does not render without a session. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error("useSession outside of the shell");
  return session;
}

export function useMay(permission: Permission): boolean {
  return may(useSession().role, permission);
}
