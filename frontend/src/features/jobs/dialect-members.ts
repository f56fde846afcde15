import type { DialectMembers, Profile, ProfileName } from "@/api/dialects";
import type { Dialect } from "@/api/job-output";
import { omit } from "@/lib/omit";

export type Member = keyof DialectMembers;

/** What every member of a dialect comes to: the profile's, or what was chosen instead. */
export function membersOf(dialect: Dialect | null, profiles: readonly Profile[]): DialectMembers {
  const name = dialect?.profile ?? "legacy";
  const base = profiles.find((one) => one.name === name)?.dialect;
  if (base === undefined) throw new Error(`The server knows no dialect called ${name}`);
  const chosen = Object.entries(dialect ?? {}).filter(
    ([member, value]) => member in base && value !== null,
  );
  return { ...base, ...Object.fromEntries(chosen) };
}

/** Another profile; the chosen columns stay, every other member follows the profile. */
export function withProfile(dialect: Dialect | null, profile: ProfileName): Dialect {
  const columns = dialect?.columns ?? null;
  return columns === null ? { profile } : { profile, columns };
}

/** One member changed; what equals the profile is not kept. */
export function withMember<M extends Member>(
  dialect: Dialect | null,
  profiles: readonly Profile[],
  member: M,
  value: DialectMembers[M],
): Dialect {
  const profile = dialect?.profile ?? "legacy";
  const base = profiles.find((one) => one.name === profile)?.dialect;
  const rest = omit({ ...dialect, profile }, member);
  return base?.[member] === value ? { ...rest, profile } : { ...rest, profile, [member]: value };
}

type Columns = NonNullable<Dialect["columns"]>;

/** "valor = Valor total" a line. */
export function formatColumns(columns: Dialect["columns"]): string {
  return (columns ?? [])
    .map(({ name, as }) => ((as ?? name) === name ? name : `${name} = ${as ?? ""}`))
    .join("\n");
}

export function parseColumns(text: string): Columns | null {
  const columns = text
    .split("\n")
    .map((line) => line.split("="))
    .map(([name = "", ...as]) => ({ name: name.trim(), as: as.join("=").trim() }))
    .filter(({ name }) => name !== "")
    .map(({ name, as }) => (as === "" ? { name } : { name, as }));
  return columns.length === 0 ? null : columns;
}
