import type { Channel, ChannelDraft, ChannelKind } from "@/api/channels";
import type { Locale } from "@/lib/format";

/** What the fields of the form hold: texts, empty where there is nothing. */
export interface ChannelValues {
  name: string;
  kind: ChannelKind;
  language: Locale;
  host: string;
  port: number | "";
  security: string;
  username: string;
  sender: string;
  senderName: string;
  caPem: string;
  url: string;
  recipients: string[];
  secret: string;
}

export const SECURITIES = ["starttls", "tls", "none"] as const;

export function emptyValues(language: Locale): ChannelValues {
  return {
    name: "",
    kind: "email",
    language,
    host: "",
    port: "",
    security: "starttls",
    username: "",
    sender: "",
    senderName: "",
    caPem: "",
    url: "",
    recipients: [],
    secret: "",
  };
}

/** The server's field names by ours. */
export const WIRE_NAMES = {
  name: "name",
  kind: "kind",
  secret: "secret",
  "options.host": "host",
  "options.port": "port",
  "options.security": "security",
  "options.username": "username",
  "options.sender": "sender",
  "options.sender_name": "senderName",
  "options.ca_pem": "caPem",
  "options.url": "url",
  ...Object.fromEntries(
    Array.from({ length: 50 }, (_, n) => [`options.recipients.${n}`, "recipients"]),
  ),
};

const text = (value: unknown) => (typeof value === "string" ? value : "");

export function valuesOf({ name, kind, language, options }: Channel): ChannelValues {
  return {
    name,
    kind,
    language,
    host: text(options.host),
    port: typeof options.port === "number" ? options.port : "",
    security: text(options.security) || "starttls",
    username: text(options.username),
    sender: text(options.sender),
    senderName: text(options.sender_name),
    caPem: text(options.ca_pem),
    url: text(options.url),
    recipients: Array.isArray(options.recipients) ? options.recipients.map(String) : [],
    secret: "",
  };
}

/** Only the options of the kind; what is left empty is the server's default. */
export function draftFrom(values: ChannelValues): ChannelDraft {
  const { name, kind, language, recipients } = values;
  const options: Record<ChannelKind, Record<string, unknown>> = {
    email: {
      host: values.host.trim(),
      port: values.port,
      security: values.security,
      username: values.username.trim(),
      sender: values.sender.trim(),
      sender_name: values.senderName.trim(),
      ca_pem: values.caPem.trim(),
      recipients,
    },
    webhook: { url: values.url.trim() },
    slack: {},
    teams: {},
    telegram: { recipients },
  };
  const filled = Object.entries(options[kind]).filter(([, value]) => value !== "");
  return {
    name: name.trim(),
    kind,
    language,
    options: Object.fromEntries(filled),
    secret: values.secret.trim() === "" ? null : values.secret.trim(),
  };
}

/** A fresh key in the form that libraries of receivers read. */
export function newSigningSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}
