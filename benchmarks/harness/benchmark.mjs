import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The resources that a process has used. Bytes, and microseconds of CPU since it began; `heap`
 * counts buffers too; `peakRss` is since the last question.
 * @typedef {{ cpuMicros: number, rss: number, heap: number, peakRss: number }} Usage
 */

/**
 * A process of its own, so that its CPU and memory are nobody else's.
 * @typedef {object} Server
 * @property {number} port
 * @property {string | undefined} token
 * @property {import("node:child_process").ChildProcess} process
 * @property {() => Promise<Usage>} usage
 * @property {() => Promise<Usage>} collectedUsage Usage after a garbage collection.
 * @property {(question: string, field: string) => Promise<any>} ask Sends a message, and resolves
 * with the next one that has the field.
 * @property {() => Promise<void>} stop
 */

/**
 * Where a benchmark starts servers and makes folders; both are gone when it ends.
 * @typedef {object} Bench
 * @property {(script: string, settings?: ServerSettings) => Promise<Server>} start
 * @property {() => string} folder
 */

/**
 * `trackPeak`: look at memory every 10 ms. `readPort`: the port, for programs that print it.
 * @typedef {Record<string, unknown> & {
 *   token?: string, trackPeak?: boolean, env?: Record<string, string>, readPort?: RegExp
 * }} ServerSettings
 */

/** @param {(bench: Bench) => Promise<void>} run */
export async function benchmark(run) {
  /** @type {Server[]} */
  const servers = [];
  /** @type {string[]} */
  const folders = [];
  try {
    await run({
      async start(script, settings = {}) {
        const server = await startServer(script, settings);
        servers.push(server);
        return server;
      },
      folder() {
        const folder = mkdtempSync(join(tmpdir(), "mini-openclaw-bench-"));
        folders.push(folder);
        return folder;
      },
    });
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    for (const folder of folders) rmSync(folder, { recursive: true });
  }
  // Sockets of clients may be open still.
  process.exit(0);
}

/** @param {string} script @param {ServerSettings} settings @returns {Promise<Server>} */
async function startServer(script, { trackPeak = false, env = {}, readPort, ...settings }) {
  const path = fileURLToPath(new URL(script, new URL("..", import.meta.url)));
  // A program that prints its port is the example server: it takes no JSON.
  const child = fork(path, readPort ? [] : [JSON.stringify(settings)], {
    execArgv: ["--expose-gc", "--import", new URL("probe.mjs", import.meta.url).href],
    env: { ...process.env, ...(trackPeak && { BENCHMARK_PEAK: "1" }), ...env },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  child.once("exit", (code) => {
    if (code) console.error(`${script} ended with status ${code}`);
  });
  const port = readPort ? await printedPort(child, readPort) : (await answer(child, "port")).port;
  child.stdout?.resume();
  return {
    port,
    token: settings.token,
    process: child,
    usage: () => ask(child, "usage", "cpuMicros"),
    collectedUsage: () => ask(child, "collected usage", "cpuMicros"),
    ask: (question, field) => ask(child, question, field),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/**
 * @param {import("node:child_process").ChildProcess} child @param {string} question @param {string}
 * field @returns {Promise<any>}
 */
function ask(child, question, field) {
  const answered = answer(child, field);
  child.send(question);
  return answered;
}

/**
 * The next message that has that field.
 * @param {import("node:child_process").ChildProcess} child
 * @param {string} field
 * @returns {Promise<any>}
 */
function answer(child, field) {
  return new Promise((resolve, reject) => {
    /** @param {unknown} message */
    const onMessage = (message) => {
      if (typeof message !== "object" || message === null || !(field in message)) return;
      child.off("exit", onExit).off("message", onMessage);
      resolve(message);
    };
    const onExit = () => reject(new Error("The server ended before it answered."));
    child.once("exit", onExit).on("message", onMessage);
  });
}

/** @param {import("node:child_process").ChildProcess} child @param {RegExp} pattern */
async function printedPort(child, pattern) {
  let printed = "";
  for await (const piece of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    printed += String(piece);
    const found = pattern.exec(printed);
    if (found) return Number(found[1]);
  }
  throw new Error(`The server ended without printing its port: ${printed}.`);
}
