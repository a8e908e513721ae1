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

const token = "a-token-for-the-benchmark-only-of-32-bytes-or-more";
const LONG_SESSION = "long-session";
const LONG_MESSAGES = 100_000;

await benchmark(async (bench) => {
  const { port: modelPort } = await bench.start("harness/model-server.mjs");
  await firstChunk(bench, modelPort);
  await longSession(bench, modelPort);
});

/** @param {import("./harness/benchmark.mjs").Bench} bench @param {number} modelPort */
async function firstChunk({ start, folder }, modelPort) {
  // The first words, and 3 ms later the end: neither waits for the other.
  const content = answerOf({ reads: 1, deltas: 1, characters: 5, gapMs: 3 });
  const bare = await Client.connect(await start("harness/bare-ws.mjs"));
  const ours = await Client.connect(
    await start("harness/gateway.mjs", { token, modelPort, folder: folder() }),
  );
  const naive = await Client.connect(await start("naive-gateway.mjs", { modelPort, folder: folder() }));
  const sdk = new Anthropic({ apiKey: "none", baseURL: `http://127.0.0.1:${modelPort}` });
  // As many messages as the gateways send: their sessions hold more than the 50 that a model is
  // shown.
  /** @type {Anthropic.MessageParam[]} */
  const messages = Array.from({ length: 51 }, (_, place) =>
    place % 2 === 0 ? { role: "user", content } : { role: "assistant", content: "word " },
  );
  const direct = async () => {
    const startedAt = performance.now();
    let firstChunkMs = Number.NaN;
    const stream = sdk.messages.stream({
      model: "m",
      max_tokens: 8192,
      messages,
    });
    stream.once("text", () => {
      firstChunkMs = performance.now() - startedAt;
    });
    await stream.finalMessage();
    return firstChunkMs;
  };

  const measured = await inTurns(
    {
      "bare ws, round trip": () => bare.ping(),
      "SDK called directly": direct,
      ours: async () => (await ours.ask(content, "run_end")).firstChunkMs,
      naive: async () => (await naive.ask(content, "message_done")).firstChunkMs,
    },
    { warmUp: 100, rounds: 400 },
  );
  const floor = median(measured["SDK called directly"]) + median(measured["bare ws, round trip"]);
  report({
    question: "From a message to the model's first words, ms",
    goal: "ours over the SDK called directly and a round trip of bare ws, p50: at most 0.2 ms",
    rows: Object.entries(measured).map(([name, times]) => ({
      "": name,
      p50: median(times),
      p99: percentile(times, 0.99),
      "over SDK + ws, p50": ["ours", "naive"].includes(name) ? median(times) - floor : "",
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
