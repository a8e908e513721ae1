// 500 sessions stream at once: does each get its share, and how long does a ping of another client
// take meanwhile?
import { setTimeout as sleep } from "node:timers/promises";
import { benchmark } from "./harness/benchmark.mjs";
import { answerOf, Client } from "./harness/client.mjs";
import { median, percentile, report } from "./harness/report.mjs";
import { oldCheckout, writeWorkspace } from "./harness/shipped.mjs";
import { sized } from "./harness/sized.mjs";

const token = "a-token-for-the-benchmark-only-of-32-bytes-or-more";
const SESSIONS = sized(500, 100);
const ROUNDS = sized(3, 1);
const PING_EVERY_MS = 20;
// As fast as a fast model: 2,500 reads a second in all, 6 s if nothing is late.
const shape = { reads: sized(30, 2), deltas: 1, characters: 20, gapMs: 200 };

/** @typedef {import("./harness/benchmark.mjs").Server} Server */

await benchmark(async ({ start, folder }) => {
  const { port: modelPort } = await start("harness/model-server.mjs");
  const settings = { modelPort, sessionEach: true };
  /** @param {string} [checkout] */
  const ours = (checkout) => {
    const workspace = writeWorkspace(folder());
    return start("harness/gateway.mjs", { ...settings, token, folder: folder(), workspace, checkout });
  };
  /** @type {Record<string, Server>} */
  const servers = {
    ours: await ours(),
    ...(oldCheckout && { "ours, old build": await ours(oldCheckout) }),
    naive: await start("naive-gateway.mjs", { ...settings, folder: folder() }),
  };
  /** @type {Record<string, string | number>[]} */
  const rows = [];
  for (const [which, server] of Object.entries(servers)) {
    const crowd = await connectMany(server);
    const other = await Client.connect(server);
    const last = which === "naive" ? "message_done" : "run_end";
    // The first round connects to the model and compiles.
    await allStream(crowd, other, last);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await allStream(crowd, other, last));
    const all = rounds.map(({ wholeMs }) => wholeMs);
    const pings = rounds.flatMap(({ pingMs }) => pingMs);
    rows.push({
      "": which,
      "answer p50": median(all.flat()),
      fastest: Math.min(...all.flat()),
      slowest: Math.max(...all.flat()),
      "slowest ÷ fastest": median(all.map((one) => Math.max(...one) / Math.min(...one))),
      "ping p50": median(pings),
      "ping p99": percentile(pings, 0.99),
    });
    for (const client of [...crowd, other]) client.socket.terminate();
  }
  const idealMs = shape.reads * shape.gapMs;
  report({
    question: `${SESSIONS} sessions stream an answer of ${idealMs} ms at once. ms, seen by clients in one process`,
    goal: "every answer ends, slowest ÷ fastest at most 2, ping p99 at most 20 ms",
    rows,
  });
});

/** A hundred at a time: the queue of a listening socket is not longer. @param {Server} server */
async function connectMany(server) {
  /** @type {Client[]} */
  const clients = [];
  while (clients.length < SESSIONS) {
    clients.push(...(await Promise.all(Array.from({ length: 100 }, () => Client.connect(server)))));
  }
  return clients;
}

/**
 * @param {readonly Client[]} crowd @param {Client} other @param {"run_end" | "message_done"} last
 */
async function allStream(crowd, other, last) {
  /** @type {number[]} */
  const pingMs = [];
  let isOver = false;
  // An answer that does not come ends the benchmark with an error, or not at all.
  const streaming = Promise.all(
    crowd.map(async (client) => {
      const { wholeMs, chunkCount } = await client.ask(answerOf(shape), last);
      if (chunkCount === 0) throw new Error("An answer came without a chunk.");
      return wholeMs;
    }),
  ).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    pingMs.push(await other.ping());
    await sleep(PING_EVERY_MS);
  }
  return { wholeMs: await streaming, pingMs };
}
