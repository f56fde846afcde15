export const ROLES = ["root", "moderator", "normal"] as const;
export type Role = (typeof ROLES)[number];

/** What a person may do; the server decides, this only hides what it would refuse. */
export type Permission =
  | "jobs.propose"
  | "jobs.edit"
  | "runs.control"
  | "connections.edit"
  | "parameters.edit"
  | "calendars.edit"
  | "audit.read"
  | "users.manage"
  | "keys.manage";

const MODERATOR: readonly Permission[] = [
  "jobs.propose",
  "jobs.edit",
  "runs.control",
  "connections.edit",
  "parameters.edit",
  "calendars.edit",
  "audit.read",
];

const GRANTED: Record<Role, readonly Permission[]> = {
  normal: ["jobs.propose"],
  moderator: MODERATOR,
  root: [...MODERATOR, "users.manage", "keys.manage"],
};

export function may(role: Role, permission: Permission): boolean {
  return GRANTED[role].includes(permission);
}
