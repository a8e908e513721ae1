// The question: what does a client that reads nothing during 50 MB of answers cost? Measured in the
// memory of the server and in the time of another client.
import { benchmark } from "./harness/benchmark.mjs";
import { answerOf, Client } from "./harness/client.mjs";
import { mebibytes, median, percentile, report } from "./harness/report.mjs";
import { sized } from "./harness/sized.mjs";

const token = "a-token-for-the-benchmark-only-of-32-bytes-or-more";
const ANSWERS = sized(50, 1);
// Resident memory depends on when garbage was collected.
const ROUNDS = sized(3, 1);
// 1 MB in all, 16 deltas a read.
const large = answerOf({ reads: 1_250, deltas: 16, characters: 50, gapMs: 0 });
const small = answerOf({ reads: 1, deltas: 1, characters: 5, gapMs: 3 });

/** @typedef {import("./harness/benchmark.mjs").Server} Server */

await benchmark(async (bench) => {
  const { port } = await bench.start("harness/model-server.mjs");
  const rows = [];
  for (const which of /** @type {const} */ (["ours", "naive"])) {
    for (const isReading of [true, false]) {
      const rounds = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        rounds.push(await answersGoBy(bench, port, which, isReading));
      }
      const name = `${which}, ${isReading ? "it reads" : "it never reads"}`;
      rows.push({ "": name, ...mediansOf(rounds) });
    }
  }
  report({
    question:
      "50 answers of 1 MB go by a client. Growth of the server, MiB; another client's wait for first words, ms",
    goal: "with one that never reads, ours grows by at most 32 MiB more; the other client waits no longer",
    rows,
  });
});

/**
 * @param {import("./harness/benchmark.mjs").Bench} bench
 * @param {number} modelPort
 * @param {"ours" | "naive"} which
 * @param {boolean} isReading
 */
async function answersGoBy({ start, folder }, modelPort, which, isReading) {
  // Two messages of context: what a long history costs in memory is another question.
  const settings = {
    modelPort,
    folder: folder(),
    maxContextMessages: 2,
    sessionEach: true,
    trackPeak: true,
  };
  const server =
    which === "ours"
      ? await start("harness/gateway.mjs", { ...settings, token })
      : await start("naive-gateway.mjs", settings);
  const last = which === "ours" ? "run_end" : "message_done";
  const watching = await Client.connect(server);
  // Ours does not take the next message of a client that does not read: another one asks. The naive
  // one shows answers only to who asked.
  const asking = which === "ours" ? await Client.connect(server) : watching;
  const other = await Client.connect(server);
  await other.ask(small, last);
  await asking.ask(large, last, watching.sessionId);
  if (!isReading) watching.socket.pause();

  async function passBy() {
    for (let answer = 0; answer < ANSWERS; answer += 1) {
      const asked = asking.ask(large, last, watching.sessionId);
      await (isReading || asking !== watching ? asked : longAnswer(server));
    }
  }

  const before = await server.collectedUsage();
  let isOver = false;
  const passing = passBy().then(() => {
    isOver = true;
  });
  const waits = [];
  while (!isOver) waits.push((await other.ask(small, last)).firstChunkMs);
  await passing;
  const peak = (await server.usage()).peakRss;
  const held = await server.collectedUsage();
  await server.stop();
  return {
    "peak RSS": mebibytes(peak - before.rss),
    "RSS after": mebibytes(held.rss - before.rss),
    "heap held": mebibytes(held.heap - before.heap),
    "wait p50": median(waits),
    "wait p99": percentile(waits, 0.99),
  };
}

/**
 * Resolves when the naive gateway has sent its next long answer. @param {Server} server @returns
 * {Promise<void>}
 */
function longAnswer({ process }) {
  return new Promise((resolve) => {
    /** @param {any} message */
    const onMessage = ({ answered }) => {
      if (!(answered >= 1_000_000)) return;
      process.off("message", onMessage);
      resolve();
    };
    process.on("message", onMessage);
  });
}

/** @param {Record<string, number>[]} rounds @returns {Record<string, number>} column by column */
function mediansOf(rounds) {
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name] ?? 0))]));
}
