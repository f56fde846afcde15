import type { Connection, ConnectionDraft, ConnectionKind } from "@/api/connections";

/** Roles a connection can be kept to; root may use every connection. */
export const SHARED_ROLES = ["normal", "moderator"] as const;

export const SSL_MODES = [
  "disable",
  "allow",
  "prefer",
  "require",
  "verify-ca",
  "verify-full",
] as const;

/** What the fields of the form hold: texts, empty where there is nothing. */
export interface ConnectionValues {
  name: string;
  kind: ConnectionKind;
  host: string;
  port: number | "";
  database: string;
  dsn: string;
  username: string;
  password: string;
  sslmode: string;
  instantClient: string;
  currentSchema: string;
  configDir: string;
  walletLocation: string;
  maxRuns: number | "";
  quietStart: string;
  quietEnd: string;
  isWritable: boolean;
  usableRoles: string[];
  usableUsers: string[];
}

export const EMPTY_VALUES: ConnectionValues = {
  name: "",
  kind: "postgres",
  host: "",
  port: "",
  database: "",
  dsn: "",
  username: "",
  password: "",
  sslmode: "",
  instantClient: "",
  currentSchema: "",
  configDir: "",
  walletLocation: "",
  maxRuns: "",
  quietStart: "",
  quietEnd: "",
  isWritable: false,
  usableRoles: [...SHARED_ROLES],
  usableUsers: [],
};

/** The server's field names by ours. */
export const WIRE_NAMES = {
  name: "name",
  kind: "kind",
  host: "host",
  port: "port",
  database: "database",
  dsn: "dsn",
  username: "username",
  password: "password",
  "options.sslmode": "sslmode",
  "options.instant_client": "instantClient",
  "options.current_schema": "currentSchema",
  "options.config_dir": "configDir",
  "options.wallet_location": "walletLocation",
  options: "options",
  max_runs: "maxRuns",
  quiet_start: "quietStart",
  quiet_end: "quietEnd",
  is_writable: "isWritable",
  usable_roles: "usableRoles",
  usable_users: "usableUsers",
};

type OptionField = "sslmode" | "instantClient" | "currentSchema" | "configDir" | "walletLocation";

/** Of each kind: option of the server, field of the form. */
const SHOWN_OPTIONS: Record<ConnectionKind, [string, OptionField][]> = {
  postgres: [["sslmode", "sslmode"]],
  oracle: [
    ["instant_client", "instantClient"],
    ["current_schema", "currentSchema"],
    ["config_dir", "configDir"],
    ["wallet_location", "walletLocation"],
  ],
};

const text = (value: unknown) => (typeof value === "string" ? value : "");
const orNull = (value: string) => (value.trim() === "" ? null : value.trim());

export function valuesOf(connection: Connection): ConnectionValues {
  return {
    name: connection.name,
    kind: connection.kind,
    host: connection.host ?? "",
    port: connection.port ?? "",
    database: connection.database ?? "",
    dsn: connection.dsn ?? "",
    username: connection.username,
    password: "",
    sslmode: text(connection.options.sslmode),
    instantClient: text(connection.options.instant_client),
    currentSchema: text(connection.options.current_schema),
    configDir: text(connection.options.config_dir),
    walletLocation: text(connection.options.wallet_location),
    maxRuns: connection.maxRuns ?? "",
    quietStart: connection.quietStart ?? "",
    quietEnd: connection.quietEnd ?? "",
    isWritable: connection.isWritable,
    usableRoles: connection.usableRoles,
    usableUsers: connection.usableUsers,
  };
}

/** Options this form does not show stay as they are, unless the kind has changed. */
export function draftFrom(values: ConnectionValues, before: Connection | null): ConnectionDraft {
  const isOracle = values.kind === "oracle";
  const kept = before?.kind === values.kind ? before.options : {};
  const shown = SHOWN_OPTIONS[values.kind];
  const names = new Set(shown.map(([name]) => name));
  const others = Object.entries(kept).filter(([name]) => !names.has(name));
  const chosen = shown
    .map(([name, field]) => [name, values[field].trim()] as const)
    .filter(([, value]) => value !== "");
  return {
    name: values.name.trim(),
    kind: values.kind,
    host: orNull(values.host),
    port: values.port === "" ? null : values.port,
    database: orNull(values.database),
    dsn: isOracle ? orNull(values.dsn) : null,
    username: values.username.trim(),
    password: values.password === "" ? null : values.password,
    options: Object.fromEntries([...others, ...chosen]),
    maxRuns: values.maxRuns === "" ? null : values.maxRuns,
    quietStart: orNull(values.quietStart),
    quietEnd: orNull(values.quietEnd),
    isWritable: !isOracle && values.isWritable,
    usableRoles: SHARED_ROLES.filter((role) => values.usableRoles.includes(role)),
    usableUsers: values.usableUsers,
  };
}

export function addressOf(connection: Connection): string {
  if (connection.dsn !== null) return connection.dsn;
  const port = connection.port === null ? "" : `:${connection.port}`;
  return `${connection.host ?? ""}${port}/${connection.database ?? ""}`;
}
