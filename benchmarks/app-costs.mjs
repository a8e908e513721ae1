// The question: what does the app cost a person who starts it? CPU of `--help`, time until it
// listens, and memory while nobody uses it.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { median, report } from "./harness/report.mjs";
import { sized } from "./harness/sized.mjs";

const main = fileURLToPath(new URL("../examples/mini-openclaw/dist/main.js", import.meta.url));
const printCpu = fileURLToPath(new URL("harness/print-cpu.cjs", import.meta.url));
const ROUNDS = sized(9, 1);
// Node gives memory of the start back within a few seconds.
const IDLE_MS = sized(10_000, 0);

const folder = mkdtempSync(join(tmpdir(), "mini-openclaw-costs-"));
const env = { PATH: process.env["PATH"] ?? "", HOME: folder, MINI_OPENCLAW_PORT: "0" };
try {
  const nothing = measure(() => cpuOf(["-e", "0"]));
  const help = measure(() => cpuOf([main, "--help"]));
  /** @type {{ listeningMs: number, idleMiB: number }[]} */
  const servers = [];
  for (let round = 0; round < Math.min(ROUNDS, 5); round += 1) servers.push(await startOnce());
  report({
    question: "Costs of the app",
    goal: "`--help` at most 60 ms of CPU, start at most 400 ms, idle memory at most 70 MiB (RSS)",
    rows: [
      { what: "node -e 0, ms of CPU", p50: nothing },
      { what: "example server, --help, ms of CPU", p50: help },
      {
        what: "example server, from spawn until it listens, ms",
        p50: median(servers.map(({ listeningMs }) => listeningMs)),
      },
      {
        what: "example server, resident memory while idle, MiB",
        p50: median(servers.map(({ idleMiB }) => idleMiB)),
      },
    ],
  });
} finally {
  rmSync(folder, { recursive: true });
}

/** @param {() => number} measureOnce */
function measure(measureOnce) {
  return median(Array.from({ length: ROUNDS }, measureOnce));
}

/** @param {readonly string[]} args */
function cpuOf(args) {
  const { stderr } = spawnSync(process.execPath, ["-r", printCpu, ...args], { env, encoding: "utf8" });
  return Number(/CPU ([\d.]+)/.exec(stderr)?.[1]);
}

async function startOnce() {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [main], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  let text = "";
  for await (const piece of child.stdout.iterator({ destroyOnReturn: false })) {
    text += String(piece);
    if (text.includes("\nOpen ")) break;
  }
  const listeningMs = performance.now() - startedAt;
  child.stdout.resume();
  await wait(IDLE_MS);
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  const idleMiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  child.kill("SIGTERM");
  await exited;
  return { listeningMs, idleMiB };
}
