import type { Target, TargetDraft, TargetKind } from "@/api/targets";

/** What the fields of the form hold: texts, empty where there is nothing. */
export interface TargetValues {
  name: string;
  kind: TargetKind;
  folder: string;
  endpoint: string;
  bucket: string;
  region: string;
  keyId: string;
  pathStyle: boolean;
  host: string;
  port: number | "";
  username: string;
  hostKey: string;
  secret: string;
}

export const EMPTY_VALUES: TargetValues = {
  name: "",
  kind: "folder",
  folder: "",
  endpoint: "",
  bucket: "",
  region: "",
  keyId: "",
  pathStyle: true,
  host: "",
  port: "",
  username: "",
  hostKey: "",
  secret: "",
};

/** The server's field names by ours. */
export const WIRE_NAMES = {
  name: "name",
  kind: "kind",
  secret: "secret",
  "options.folder": "folder",
  "options.endpoint": "endpoint",
  "options.bucket": "bucket",
  "options.region": "region",
  "options.key_id": "keyId",
  "options.path_style": "pathStyle",
  "options.host": "host",
  "options.port": "port",
  "options.username": "username",
  "options.host_key": "hostKey",
};

const text = (value: unknown) => (typeof value === "string" ? value : "");

export function valuesOf({ name, kind, options }: Target): TargetValues {
  return {
    name,
    kind,
    folder: text(options.folder),
    endpoint: text(options.endpoint),
    bucket: text(options.bucket),
    region: text(options.region),
    keyId: text(options.key_id),
    pathStyle: options.path_style !== false,
    host: text(options.host),
    port: typeof options.port === "number" ? options.port : "",
    username: text(options.username),
    hostKey: text(options.host_key),
    secret: "",
  };
}

/** Only the options of the kind; what is left empty is the server's default. */
export function draftFrom(values: TargetValues): TargetDraft {
  const { name, kind, secret } = values;
  const options: Record<TargetKind, Record<string, unknown>> = {
    folder: { folder: values.folder.trim() },
    s3: {
      endpoint: values.endpoint.trim(),
      bucket: values.bucket.trim(),
      region: values.region.trim(),
      key_id: values.keyId.trim(),
      path_style: values.pathStyle,
    },
    sftp: {
      host: values.host.trim(),
      port: values.port,
      username: values.username.trim(),
      folder: values.folder.trim(),
      host_key: values.hostKey.trim(),
    },
  };
  const filled = Object.entries(options[kind]).filter(([, value]) => value !== "");
  return {
    name: name.trim(),
    kind,
    options: Object.fromEntries(filled),
    secret: secret === "" || kind === "folder" ? null : secret,
  };
}
