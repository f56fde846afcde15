import type { ApiKey, KeyAction, NewApiKey } from "@/api/api-keys";

/** The fields of the form about a key's scope, as they are typed. */
export interface ScopeValues {
  name: string;
  datasets: string;
  actions: KeyAction[];
  networks: string;
  rate: number | string;
}

export const NEW_SCOPE: ScopeValues = {
  name: "",
  datasets: "**",
  actions: ["read", "status"],
  networks: "",
  rate: "",
};

/** What the server calls the fields. */
export const SCOPE_FIELDS = {
  name: "name",
  datasets: "datasets",
  actions: "actions",
  networks: "networks",
  rate_per_minute: "rate",
};

export function linesOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

export function scopeOf(key: ApiKey): ScopeValues {
  return {
    name: key.name,
    datasets: key.datasets.join("\n"),
    actions: key.actions,
    networks: key.networks.join("\n"),
    rate: key.ratePerMinute ?? "",
  };
}

export function keyOf(values: ScopeValues, expiresAt: Date | null): NewApiKey {
  return {
    name: values.name,
    expiresAt,
    datasets: linesOf(values.datasets),
    actions: values.actions,
    networks: linesOf(values.networks),
    ratePerMinute: typeof values.rate === "number" ? values.rate : null,
  };
}

/** The day on this computer's clock, as a date field holds it. */
export function dayOf(moment: Date | null): string {
  if (moment === null) return "";
  const two = (n: number) => String(n).padStart(2, "0");
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

/** The end of that day; a day that was not touched keeps the moment it stands for. */
export function endOf(day: string, before: Date | null): Date | null {
  if (day === "") return null;
  return day === dayOf(before) ? before : new Date(`${day}T23:59:59`);
}
