import { queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import { moment } from "./convert";
import type { SessionWire } from "./wire";

export interface LoginSession {
  sessionId: number;
  createdAt: Date;
  lastSeenAt: Date;
  address: string;
  userAgent: string | null;
  isCurrent: boolean;
}

function toLoginSession(wire: SessionWire): LoginSession {
  return {
    sessionId: wire.session_id,
    createdAt: moment(wire.created_at),
    lastSeenAt: moment(wire.last_seen_at),
    address: wire.address,
    userAgent: wire.user_agent,
    isCurrent: wire.is_current,
  };
}

export const loginSessionsQuery = queryOptions({
  queryKey: ["login-sessions"],
  queryFn: async ({ signal }) =>
    (await get<SessionWire[]>("/api/me/sessions", undefined, signal)).map(toLoginSession),
});

export async function endLoginSession(sessionId: number): Promise<void> {
  await change("DELETE", `/api/me/sessions/${sessionId}`);
}

export async function endOtherSessions(): Promise<void> {
  await change("DELETE", "/api/me/sessions");
}
