#!/usr/bin/env node
// `npm run demo:crash`: starts the example server with its scripted model, kills it with SIGKILL in
// the middle of every second answer, and starts it again. Watch the page: it continues by itself,
// with nothing missing and nothing doubled.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

// Enough for some words of the demo model, and not enough for its whole answer.
const untilKillMs = 700;
// Enough to see the banner of the page.
const deadMs = 2500;
const lookEveryMs = 100;

const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const build = [path("pnpm.mjs"), "exec", "turbo", "run", "build", "--output-logs=errors-only"];
const { status } = spawnSync(process.execPath, build, { stdio: ["ignore", 2, 2], cwd: path("..") });
if (status !== 0) process.exit(status ?? 1);

const directory = mkdtempSync(join(tmpdir(), "mini-openclaw-crash-"));
const stopped = new AbortController();
const { signal } = stopped;
for (const name of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.once(name, () => stopped.abort());

/**
 * Starts the server; resolves when it listens.
 *
 * @param {string} port
 */
async function start(port) {
  const { PATH = "", HOME = directory } = process.env;
  const server = spawn(process.execPath, [path("../examples/mini-openclaw/dist/main.js")], {
    cwd: directory,
    env: { PATH, HOME, MINI_OPENCLAW_PORT: port, MINI_OPENCLAW_WORKSPACE: directory },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: server.stdout })) {
    const [address] = /http:\/\/[\w.]+:\d+\//.exec(line) ?? [];
    if (address !== undefined) return { server, address };
  }
  throw new Error("The server ended before it printed its address.");
}

/**
 * Waits until an answer is running, or until none is.
 *
 * @param {string} address
 * @param {boolean} isRunning
 */
async function untilRunning(address, isRunning) {
  for (;;) {
    const health = await fetch(new URL("health", address), { signal });
    const { runs } = await health.json();
    if (runs > 0 === isRunning) return;
    await sleep(lookEveryMs, undefined, { signal });
  }
}

let { server, address } = await start("0");
console.log(`Open ${address} and ask something, such as “What can you do?”.`);
console.log("The first answer, and every second one after it, is cut off by kill -9. Ctrl+C ends this.");
try {
  for (;;) {
    await untilRunning(address, true);
    await sleep(untilKillMs, undefined, { signal });
    const exit = once(server, "exit");
    server.kill("SIGKILL");
    await exit;
    console.log("Killed in the middle of an answer.");
    await sleep(deadMs, undefined, { signal });
    ({ server, address } = await start(new URL(address).port));
    console.log("Started again. The next answer is left alone.");
    await untilRunning(address, true);
    await untilRunning(address, false);
    console.log("The next one will be cut off again.");
  }
} catch (error) {
  if (!signal.aborted) throw error;
} finally {
  server.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
}
