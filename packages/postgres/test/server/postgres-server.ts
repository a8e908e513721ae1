import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import pg from "pg";
import { freePort } from "../../../../scripts/free-port.mjs";

const DEBIAN = "/usr/lib/postgresql";

const bin = findBin();

/** False where no PostgreSQL is installed. Tests that need it are skipped there. */
export const hasPostgres = bin !== undefined;

/** A server of its own in a temporary folder. */
export interface PostgresServer extends AsyncDisposable {
  readonly port: number;
  readonly config: pg.ClientConfig;
  /** The process of the server. */
  readonly process: ChildProcess;
  /** Creates a pool. It ends with the server. */
  pool(options?: pg.PoolConfig): pg.Pool;
  /** Runs statements on a connection of their own. */
  run(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Stops the server. `immediate` leaves the data as a crash would. */
  stop(mode?: "fast" | "immediate"): Promise<void>;
  /** Starts the server again, on the same port and data. */
  start(): Promise<void>;
  /** Starts a streaming standby of the server. The server restarts meanwhile. */
  startStandby(): Promise<PostgresServer>;
}

/** Starts a server with no data. */
export function startPostgres(settings: Record<string, string> = {}): Promise<PostgresServer> {
  return startWith(settings, async (data, options) => {
    const args = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
    await promisify(execFile)(join(bin ?? "", "initdb"), args, options);
  });
}

/** Starts a server with the data that `fill` creates. */
async function startWith(
  settings: Record<string, string>,
  fill: (data: string, options: object) => Promise<void>,
): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "postgres-"));
  const data = join(folder, "data");
  const user = serverUser();
  if (user) chownSync(folder, user.uid, user.gid);
  const options = { ...user, cwd: folder, env: { PATH: process.env["PATH"] ?? "", TZ: "UTC" } };
  await fill(data, options);
  const port = await freePort();
  const config = { host: "127.0.0.1", port, user: "postgres", database: "postgres" };
  // The machine does not crash in a test, only the server does.
  const all = { max_connections: "200", listen_addresses: "127.0.0.1", fsync: "off", ...settings };
  const args = Object.entries({ ...all, port: String(port), unix_socket_directories: folder }).flatMap(
    ([name, value]) => ["-c", `${name}=${value}`],
  );
  const pools: pg.Pool[] = [];
  let child = await startServer(["-D", data, ...args], options);
  const stop = async (mode: "fast" | "immediate" = "fast") => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(mode === "fast" ? "SIGINT" : "SIGQUIT");
    await ended;
  };
  const start = async () => {
    child = await startServer(["-D", data, ...args], options);
  };
  return {
    port,
    config,
    get process() {
      return child;
    },
    pool(more = {}) {
      const pool = new pg.Pool({ ...config, ...more });
      pool.on("error", () => {});
      pools.push(pool);
      return pool;
    },
    async run(text, values) {
      const client = new pg.Client(config);
      client.on("error", () => {});
      await client.connect();
      try {
        return (await client.query(text, values)).rows as Record<string, unknown>[];
      } finally {
        await client.end();
      }
    },
    stop,
    start,
    async startStandby() {
      const primary = `host=127.0.0.1 port=${port} user=postgres application_name=standby`;
      return startWith({ ...settings, primary_conninfo: primary }, async (target, own) => {
        // The data of a server that has stopped in good order need no backup program.
        await stop();
        await promisify(execFile)("cp", ["-a", data, target], own);
        await promisify(execFile)("touch", [join(target, "standby.signal")], own);
        await start();
      });
    },
    async [Symbol.asyncDispose]() {
      for (const pool of pools) if (!pool.ended) await pool.end();
      await stop("immediate");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when the server accepts connections. */
async function startServer(args: string[], options: object): Promise<ChildProcess> {
  const child = spawn(join(bin ?? "", "postgres"), args, {
    ...options,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  const ready = new Promise<void>((resolve, reject) => {
    child.stderr?.on("data", (bytes: Buffer) => {
      if (log.length < 100_000) log += bytes.toString();
      if (/ready to accept (?:read-only )?connections/.test(log)) resolve();
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`postgres ended with ${code}: ${log}`)));
  });
  await ready;
  return child;
}

/** The server refuses to run as root. Debian creates a user for it. */
export function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** Returns the folder of the newest server. `POSTGRES_BIN` names another one. */
function findBin(): string | undefined {
  const named = process.env["POSTGRES_BIN"];
  if (named !== undefined) return named;
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).sort((left, right) => Number(right) - Number(left));
  return versions
    .map((version) => join(DEBIAN, version, "bin"))
    .find((path) => existsSync(join(path, "initdb")));
}
