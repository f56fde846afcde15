import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BUNDLE = join(ROOT, "frontend", "dist", "index.html");
const READY_WITHIN_MS = 90_000;
const STOPPED_WITHIN_MS = 60_000;

export interface Product {
  base: string;
  folder: string;
  /** Printed once, at the first start. */
  rootPassword: string;
  stop: () => Promise<void>;
}

/** backend.py and schedule.py over a fresh folder, started and stopped like a person would. */
export async function startProduct(): Promise<Product> {
  if (!existsSync(BUNDLE)) {
    throw new Error("The interface is not built: run `npm run build` in frontend/ first.");
  }
  const python = process.env.ASQL_PYTHON ?? join(ROOT, ".venv", "bin", "python");
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "asql-e2e-"));
  // The embedded PostgreSQL of root runs as another user, who must get in.
  chmodSync(folder, 0o755);
  const env = environment(folder, port);
  const processes: ChildProcess[] = [];
  const stop = async () => {
    await Promise.all(processes.map(stopped));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const rootPassword = await prepare(python, env);
    for (const name of ["backend", "schedule"]) processes.push(start(python, name, folder, env));
    const base = `http://127.0.0.1:${port}`;
    await ready(base, folder, processes);
    return { base, folder, rootPassword, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function environment(folder: string, port: number): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("ASQL_"));
  return {
    ...Object.fromEntries(inherited),
    ASQL_DATA: folder,
    ASQL_BACKEND__PORT: String(port),
    // Tests open pages faster than the server notices that the streams of closed ones have ended.
    ASQL_BACKEND__THREADS: "128",
    ASQL_PG_FSYNC: "off",
    ASQL_SCHEDULER__HEARTBEAT_S: "0.5",
    ASQL_SCHEDULER__LOST_AFTER_S: "5",
    // A look-up is tried against a service of the test.
    ASQL_SECURITY__OUTGOING_HOSTS: JSON.stringify(["127.0.0.1"]),
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

/** The first start: database, root user, demonstration. Returns the password printed. */
async function prepare(python: string, env: NodeJS.ProcessEnv): Promise<string> {
  const options = { cwd: ROOT, env, timeout: READY_WITHIN_MS };
  const { stdout } = await promisify(execFile)(python, ["backend.py", "--prepare"], options);
  const password = /^\s*([A-Za-z0-9]{16})\s*$/m.exec(stdout)?.[1];
  if (password === undefined) throw new Error(`No password was printed:\n${stdout}`);
  return password;
}

function start(python: string, name: string, folder: string, env: NodeJS.ProcessEnv): ChildProcess {
  const out = openSync(outputOf(folder, name), "a");
  // A session of its own: Ctrl+C in the terminal reaches it only through `stopped`.
  return spawn(python, [`${name}.py`], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ["ignore", out, out],
  });
}

function outputOf(folder: string, name: string): string {
  return join(folder, `${name}.out`);
}

async function ready(base: string, folder: string, processes: ChildProcess[]): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await answers(`${base}/readyz`))) {
    const isDead = processes.some((one) => one.exitCode !== null);
    if (isDead || Date.now() > deadline) {
      const said = ["backend", "schedule"].map((name) =>
        readFileSync(outputOf(folder, name), "utf-8"),
      );
      throw new Error(`The product is not ready:\n${said.join("\n")}`);
    }
    await pause(100);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/** SIGTERM, as a service manager does. */
async function stopped(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const exit = once(process, "exit");
  process.kill("SIGTERM");
  const inTime = new AbortController();
  const late = pause(STOPPED_WITHIN_MS, "late", { signal: inTime.signal }).catch(() => "");
  if ((await Promise.race([exit, late])) === "late") {
    process.kill("SIGKILL");
    await exit;
  }
  inTime.abort();
}
