import { queryOptions } from "@tanstack/react-query";
import type { Role } from "@/lib/permissions";
import { change, get } from "./client";
import type { UserWire } from "./wire";

export interface User {
  userId: number;
  username: string;
  role: Role;
}

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: async ({ signal }) =>
    (await get<UserWire[]>("/api/users", undefined, signal)).map((wire): User => ({
      userId: wire.user_id,
      username: wire.username,
      role: wire.role as Role,
    })),
});

export async function createUser(username: string, password: string, role: Role): Promise<void> {
  await change("POST", "/api/users", { username, password, role });
}

/** An empty password stays as it is. */
export async function updateUser(userId: number, role: Role, password: string): Promise<void> {
  await change("PUT", `/api/users/${userId}`, { role, ...(password === "" ? {} : { password }) });
}

export async function deleteUser(userId: number): Promise<void> {
  await change("DELETE", `/api/users/${userId}`);
}
