// The question: how much later do the model's first words arrive through a gateway than from a
// direct call of the SDK? And how much longer is a run in a session of 100,000 messages than in an
// empty one?
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { benchmark } from "./harness/benchmark.mjs";
import { answerOf, Client } from "./harness/client.mjs";
import { inTurns } from "./harness/in-turns.mjs";
import { median, percentile, report } from "./harness/report.mjs";
import { oldCheckout, startShipped } from "./harness/shipped.mjs";
import { sized } from "./harness/sized.mjs";

const token = "a-token-for-the-benchmark-only-of-32-bytes-or-more";
const LONG_SESSION = "long-session";
const LONG_MESSAGES = sized(100_000, 100);

await benchmark(async (bench) => {
  const model = await bench.start("harness/model-server.mjs");
  await firstChunk(bench, model);
  await longSession(bench, model.port);
});

/**
 * @param {import("./harness/benchmark.mjs").Bench} bench
 * @param {import("./harness/benchmark.mjs").Server} model
 */
async function firstChunk(bench, model) {
  const { start, folder } = bench;
  // The first words, and 3 ms later the end: neither waits for the other.
  const content = answerOf({ reads: 1, deltas: 1, characters: 5, gapMs: 3 });
  const bare = await Client.connect(await start("harness/bare-ws.mjs"));
  const ours = await Client.connect(await startShipped(bench, model.port));
  const old = oldCheckout && (await Client.connect(await startShipped(bench, model.port, oldCheckout)));
  const naive = await Client.connect(
    await start("naive-gateway.mjs", { modelPort: model.port, folder: folder() }),
  );
  // As many messages as a model is shown.
  for (const client of [ours, ...(old ? [old] : [])])
    for (let message = 0; message < 30; message += 1) await client.ask(content, "run_end");
  // The SDK sends what our server sent: prompt, tools and messages.
  await ours.ask(content, "run_end");
  const body = JSON.parse((await model.ask("last body", "lastBody")).lastBody);
  const sdk = new Anthropic({ apiKey: "none", baseURL: `http://127.0.0.1:${model.port}` });
  const direct = async () => {
    const startedAt = performance.now();
    let firstChunkMs = Number.NaN;
    const stream = sdk.messages.stream(body);
    stream.once("text", () => {
      firstChunkMs = performance.now() - startedAt;
    });
    await stream.finalMessage();
    return firstChunkMs;
  };

  /** @type {Record<string, () => Promise<number>>} */
  const measures = {
    "bare ws, round trip": () => bare.ping(),
    "SDK called directly": direct,
    "ours, as it ships": async () => (await ours.ask(content, "run_end")).firstChunkMs,
    ...(old && { "ours, old build": async () => (await old.ask(content, "run_end")).firstChunkMs }),
    naive: async () => (await naive.ask(content, "message_done")).firstChunkMs,
  };
  const measured = await inTurns(measures, { warmUp: 100, rounds: 400 });
  const sdkTimes = measured["SDK called directly"] ?? [];
  report({
    question: "From a message to the model's first words, the example server as it ships, ms",
    goal: "ours over the SDK called directly: at most 0.6 ms p50, 2 ms p99",
    rows: Object.entries(measured).map(([name, times]) => ({
      "": name,
      p50: median(times),
      p99: percentile(times, 0.99),
      "over the SDK, p50": /ours|naive/.test(name) ? median(times) - median(sdkTimes) : "",
      "over the SDK, p99": /ours|naive/.test(name)
        ? percentile(times, 0.99) - percentile(sdkTimes, 0.99)
        : "",
    })),
  });
}

/** @param {import("./harness/benchmark.mjs").Bench} bench @param {number} modelPort */
async function longSession({ start, folder }, modelPort) {
  const content = answerOf({ reads: 1, deltas: 1, characters: 5, gapMs: 0 });
  const folders = [folder(), folder(), folder()];
  for (const [index, one] of folders.entries()) await writeLongSession(one, index < 2);
  const settings = { token, modelPort };
  const kept = await Client.connect(await start("harness/gateway.mjs", { ...settings, folder: folders[0] }));
  const reopened = await Client.connect(
    await start("harness/gateway.mjs", { ...settings, folder: folders[1], idleMs: 0 }),
  );
  const naive = await Client.connect(await start("naive-gateway.mjs", { modelPort, folder: folders[2] }));
  /** @param {Client} client @param {string} sessionId @param {"run_end" | "message_done"} [last] */
  const run = (client, sessionId, last = "run_end") => {
    return async () => (await client.ask(content, last, sessionId)).wholeMs;
  };
  const measured = await inTurns(
    {
      keptEmpty: run(kept, kept.sessionId),
      keptLong: run(kept, LONG_SESSION),
      reopenedEmpty: run(reopened, reopened.sessionId),
      reopenedLong: run(reopened, LONG_SESSION),
      naiveEmpty: run(naive, naive.sessionId, "message_done"),
    },
    { warmUp: 100, rounds: 300 },
  );
  const { naiveLong } = await inTurns(
    { naiveLong: run(naive, LONG_SESSION, "message_done") },
    { warmUp: 2, rounds: 10 },
  );
  /** @param {string} name @param {number[]} empty @param {number[]} long */
  const row = (name, empty, long) => ({
    "": name,
    "empty p50": median(empty),
    "empty p99": percentile(empty, 0.99),
    "long p50": median(long),
    "long p99": percentile(long, 0.99),
    "long ÷ empty, p50": median(long) / median(empty),
  });
  report({
    question: "A whole run in a session of 100,000 messages and in one that began empty, ms",
    goal: "long ÷ empty, p50: at most 2",
    rows: [
      row("ours, its log still open", measured.keptEmpty, measured.keptLong),
      row("ours, its log opened again", measured.reopenedEmpty, measured.reopenedLong),
      row("naive", measured.naiveEmpty, naiveLong),
    ],
  });
}

/**
 * Ours begins with a header and numbers its lines; the naive one keeps bare messages. @param
 * {string} folder @param {boolean} isOurs
 */
async function writeLongSession(folder, isOurs) {
  const timestamp = 1_767_225_600_000;
  const file = createWriteStream(join(folder, `${LONG_SESSION}.jsonl`));
  /** @param {object} line */
  const write = async (line) => {
    if (!file.write(`${JSON.stringify(line)}\n`)) await once(file, "drain");
  };
  if (isOurs)
    await write({ type: "session", v: 1, sessionId: LONG_SESSION, key: "long", createdAt: timestamp });
  for (let seq = 1; seq <= LONG_MESSAGES; seq += 1) {
    const role = seq % 2 === 1 ? "user" : "assistant";
    const message = { role, content: `Message ${seq}: ${"word ".repeat(20)}`, timestamp };
    await write(isOurs ? { seq, id: `id-${seq}`, ...message } : message);
  }
  file.end();
  await once(file, "close");
}
