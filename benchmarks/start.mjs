// The question: how much time and CPU does the example server need from its start to the first
// `connected`, without sessions and with 10,000?
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSessionStore } from "@mini-openclaw/session-store";
import { benchmark } from "./harness/benchmark.mjs";
import { Client } from "./harness/client.mjs";
import { inTurns } from "./harness/in-turns.mjs";
import { median, percentile, report } from "./harness/report.mjs";
import { sized } from "./harness/sized.mjs";

const SESSIONS = sized(10_000, 20);
const timestamp = 1_767_225_600_000;
const times = { warmUp: sized(1, 0), rounds: 7 };

await benchmark(async ({ start, folder }) => {
  const none = folder();
  const many = folder();
  const naiveNone = folder();
  const naiveMany = folder();
  await writeSessions(join(many, "sessions"));
  const indexPath = join(many, "sessions", "sessions.index");
  const index = readFileSync(indexPath);
  writeNaiveSessions(naiveMany);
  /** @type {Record<string, number[]>} */
  const listeningCpuMs = {};
  /** @type {Record<string, number[]>} */
  const connectedCpuMs = {};

  /**
   * @param {string} name @param {() => Promise<import("./harness/benchmark.mjs").Server>}
   * startServer
   */
  const started = (name, startServer) => async () => {
    const startedAt = performance.now();
    const server = await startServer();
    const listening = await server.usage();
    await Client.connect(server);
    const took = performance.now() - startedAt;
    (listeningCpuMs[name] ??= []).push(listening.cpuMicros / 1000);
    (connectedCpuMs[name] ??= []).push((await server.usage()).cpuMicros / 1000);
    await server.stop();
    return took;
  };
  /** @param {string} dataDir */
  const example = (dataDir) =>
    start("../examples/mini-openclaw/dist/main.js", {
      env: { MINI_OPENCLAW_PORT: "0", MINI_OPENCLAW_DATA_DIR: dataDir, ANTHROPIC_API_KEY: "" },
      readPort: /Open http:\/\/127\.0\.0\.1:(\d+)\//,
    });
  /** @param {string} dataDir */
  const naive = (dataDir) => start("naive-gateway.mjs", { modelPort: 1, folder: dataDir });
  const withIndex = () => {
    writeFileSync(indexPath, index);
    return example(many);
  };
  const withoutIndex = () => {
    rmSync(indexPath);
    return example(many);
  };

  const measures = {
    "example server, none": started("example server, none", () => example(none)),
    "example server, 10,000": started("example server, 10,000", withIndex),
    "example server, 10,000, no index": started("example server, 10,000, no index", withoutIndex),
    "naive, none": started("naive, none", () => naive(naiveNone)),
    "naive, 10,000": started("naive, 10,000", () => naive(naiveMany)),
  };
  const measured = await inTurns(measures, times);
  /** @param {Record<string, number[]>} cpuMs @param {string} name */
  const cpuOf = (cpuMs, name) => median((cpuMs[name] ?? []).slice(times.warmUp));
  report({
    question:
      "From spawn to the first `connected`, ms; CPU of the server until it listens, and until `connected`, ms",
    goal: "`connected` within 500 ms, 2,000 ms without an index; CPU until it listens, many ÷ none, p50: at most 1.1",
    rows: Object.entries(measured).map(([name, took]) => {
      const none = `${name.split(",")[0]}, none`;
      const listening = cpuOf(listeningCpuMs, name);
      const connected = cpuOf(connectedCpuMs, name);
      return {
        "": name,
        "connected p50": median(took),
        "connected p99": percentile(took, 0.99),
        "CPU, listens": listening,
        "÷ none": listening / cpuOf(listeningCpuMs, none),
        "CPU, connected": connected,
        "÷ none ": connected / cpuOf(connectedCpuMs, none),
      };
    }),
  });
});

/** @param {string} folder */
async function writeSessions(folder) {
  const store = await openSessionStore(folder);
  for (let number = 0; number < SESSIONS; number += 1) {
    const { sessionId } = await store.createSession(`telegram:${number}`);
    await store.appendMessage(sessionId, { role: "user", content: "What is new?", timestamp });
    await store.appendMessage(sessionId, { role: "assistant", content: "Nothing much.", timestamp });
  }
  await store.close();
}

/** @param {string} folder */
function writeNaiveSessions(folder) {
  for (let number = 0; number < SESSIONS; number += 1) {
    const sessionId = `session-${number}`;
    const meta = {
      sessionId,
      channel: `telegram:${number}`,
      createdAt: timestamp,
      updatedAt: timestamp,
      messageCount: 2,
    };
    writeFileSync(join(folder, `${sessionId}.meta.json`), JSON.stringify(meta));
  }
}
