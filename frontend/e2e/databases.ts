import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { unique, type Api } from "./api.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
// The two databases of examples/sync on the product's own server: one with rows, one without.
const MAKE = `
from auxiliares import load_settings
from examples.sync.run import make_databases
from metadb.database import MetadataDatabase
database = MetadataDatabase(load_settings())
database.open()
try:
    print(*make_databases(database.server()), sep="\\n")
finally:
    database.close()
`;

/** Names of two connections: a source with rows, and a target that jobs may write to. */
export async function twoDatabases(api: Api): Promise<{ source: string; target: string }> {
  const python = process.env.ASQL_PYTHON ?? join(ROOT, ".venv", "bin", "python");
  const env = { ...process.env, ASQL_DATA: process.env.ASQL_E2E_FOLDER, ASQL_PG_FSYNC: "off" };
  const { stdout } = await promisify(execFile)(python, ["-c", MAKE], { cwd: ROOT, env });
  const [first, second] = stdout.trim().split("\n").slice(-2);
  const source = await connection(api, first ?? "", false);
  return { source, target: await connection(api, second ?? "", true) };
}

async function connection(api: Api, address: string, isWritable: boolean): Promise<string> {
  const url = new URL(address);
  const name = unique(isWritable ? "Destino" : "Origem");
  await api.post("/api/connections", {
    name,
    kind: "postgres",
    host: decodeURIComponent(url.hostname),
    database: url.pathname.slice(1),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    is_writable: isWritable,
  });
  return name;
}

/** A service on this machine that has a photo for every address it is asked for. */
export async function photoService(): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ photo: { url: `${request.url ?? ""}.jpg` } }));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
