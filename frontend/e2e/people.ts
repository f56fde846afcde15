import { join } from "node:path";

/** What the global setup left in the environment. */
function told(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: was the product started?`);
  return value;
}

export const base = () => told("ASQL_E2E_BASE");
export const firstRootPassword = () => told("ASQL_E2E_ROOT_PASSWORD");

export type Person = keyof typeof people;

/** The cast. Root chooses this password at the first login; root creates the others. */
export const people = {
  root: { username: "root", role: "root", password: "root chose this one" },
  moderator: { username: "marina", role: "moderator", password: "marina may edit jobs" },
  normal: { username: "nuno", role: "normal", password: "nuno only looks" },
} as const;

/** Where the cookies of this person's login are kept for the tests. */
export function sessionFile(person: Person): string {
  return join(told("ASQL_E2E_FOLDER"), `session-${person}.json`);
}
