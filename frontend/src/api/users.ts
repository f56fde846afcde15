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

/** `mustChange`: the password is good for one thing only, to be changed. */
export interface GivenPassword {
  password: string;
  mustChange: boolean;
}

export async function createUser(username: string, role: Role, given: GivenPassword) {
  const { password, mustChange } = given;
  const body = { username, password, role, must_change_password: mustChange };
  await change("POST", "/api/users", body);
}

/** An empty password stays as it is. */
export async function updateUser(userId: number, role: Role, given: GivenPassword) {
  const { password, mustChange } = given;
  const changed = password === "" ? {} : { password, must_change_password: mustChange };
  await change("PUT", `/api/users/${userId}`, { role, ...changed });
}

export async function deleteUser(userId: number): Promise<void> {
  await change("DELETE", `/api/users/${userId}`);
}
