// A PostgreSQL of its own in a temporary folder, and the CPU of all of its processes.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundleProgram } from "../../scripts/bundle-program.mjs";
import { benchmark } from "../harness/benchmark.mjs";

/**
 * Where the database is, and the microseconds of CPU that its processes have used.
 * @typedef {object} Database
 * @property {{ host: string, port: number, user: string, database: string }} config
 * @property {() => number} cpuMicros
 * @property {(text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>} run
 * @property {() => Promise<void>} stop
 */

/**
 * Runs a benchmark with a database of its own. Measures nothing where no PostgreSQL is installed.
 * @typedef {import("../harness/benchmark.mjs").Bench} Bench
 * @param {(bench: Bench, database: Database) => Promise<void>} run
 */
export function benchmarkWithDatabase(run) {
  return benchmark(async ({ start, folder }) => {
    const database = await startDatabase(folder());
    if (!database) return console.log("No PostgreSQL is installed, so that nothing was measured.");
    /** @type {import("../harness/benchmark.mjs").Server[]} */
    const servers = [];
    try {
      await run(
        {
          folder,
          async start(...of) {
            const server = await start(...of);
            servers.push(server);
            return server;
          },
        },
        database,
      );
    } finally {
      // Before the database, whose end they would report.
      await Promise.all(servers.map((server) => server.stop()));
      await database.stop();
    }
  });
}

/**
 * Starts the server that the tests start, with the settings of a new installation. Returns
 * `undefined` where no PostgreSQL is installed.
 * @param {string} folder @returns {Promise<Database | undefined>}
 */
async function startDatabase(folder) {
  const source = new URL("../../packages/postgres/test/server/postgres-server.ts", import.meta.url);
  const { hasPostgres, startPostgres } = await import(
    pathToFileURL(await bundleProgram(source, folder)).href
  );
  if (!hasPostgres) return undefined;
  const server = await startPostgres({ fsync: "on" });
  const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return {
    config: server.config,
    cpuMicros: () => (ticksOfTree(server.process.pid) * 1_000_000) / ticksPerSecond,
    run: server.run,
    stop: () => server[Symbol.asyncDispose](),
  };
}

/**
 * The clock ticks that a process, its children and its ended children have used.
 * @param {number} root
 */
function ticksOfTree(root) {
  let ticks = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statOf(name);
    if (!fields || (Number(name) !== root && Number(fields[1]) !== root)) continue;
    // The fields after the name: user and system time, then those of ended children.
    for (const field of fields.slice(11, 15)) ticks += Number(field);
  }
  return ticks;
}

/** @param {string} pid */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    // The process has ended.
    return undefined;
  }
}

/** The path of a program beside this one, for `start` of the harness. @param {string} name */
export const programOf = (name) => fileURLToPath(new URL(name, import.meta.url));
