// The question: what do clients of the AI SDK cost, beside the native protocol and beside the AI
// SDK's own server?

import { AiHttpClient, AiSocketClient } from "./harness/ai-clients.mjs";
import { benchmark } from "./harness/benchmark.mjs";
import { answerOf, Client } from "./harness/client.mjs";
import { inTurns } from "./harness/in-turns.mjs";
import { mebibytes, median, percentile, report } from "./harness/report.mjs";
import { writeWorkspace } from "./harness/shipped.mjs";
import { sized } from "./harness/sized.mjs";

const token = "a-token-for-the-benchmark-only-of-32-bytes-or-more";
const characters = 10;

await benchmark(async ({ start, folder }) => {
  const { port: modelPort } = await start("harness/model-server.mjs");
  const settings = { token, modelPort, sessionEach: true, aiSdk: true };
  /** @param {object} [more] */
  const ours = (more) =>
    start("harness/gateway.mjs", {
      ...settings,
      folder: folder(),
      workspace: writeWorkspace(folder()),
      ...more,
    });
  const gateway = await ours();
  const theirs = await start("harness/ai-sdk-server.mjs", { modelPort });
  const native = await Client.connect(gateway);
  const socket = await AiSocketClient.connect(gateway);
  const http = new AiHttpClient({ ...gateway, path: "/api/chat" });
  const own = new AiHttpClient({ port: theirs.port, path: "/" });

  // The first words, and 3 ms later the end: neither waits for the other.
  const short = answerOf({ reads: 1, deltas: 1, characters: 5, gapMs: 3 });
  const times = await inTurns(
    {
      "ours, native": async () => (await native.ask(short, "run_end")).firstChunkMs,
      "ours, ai-sdk socket": async () => (await socket.ask(short)).firstChunkMs,
      "ours, ai-sdk HTTP": async () => (await http.ask(short)).firstChunkMs,
      "the AI SDK's own server": async () => (await own.ask(short)).firstChunkMs,
    },
    { warmUp: 60, rounds: 200 },
  );
  report({
    question: "From a message to the model's first words, ms",
    goal: "socket ÷ native, p50: at most 1.3",
    rows: Object.entries(times).map(([name, all]) => ({
      "": name,
      p50: median(all),
      p99: percentile(all, 0.99),
      "÷ native, p50": median(all) / median(times["ours, native"]),
    })),
  });

  const shape = { reads: sized(600, 5), deltas: 16, characters, gapMs: 1 };
  const long = answerOf(shape);
  /**
   * @param {import("./harness/benchmark.mjs").Server} server @param {() => Promise<unknown>} ask
   */
  const cost = (server, ask) => async () => {
    const before = await server.usage();
    await ask();
    const after = await server.usage();
    return (after.cpuMicros - before.cpuMicros) / (shape.reads * shape.deltas);
  };
  const costs = await inTurns(
    {
      "ours, native": cost(gateway, () => native.ask(long, "run_end")),
      "ours, ai-sdk socket": cost(gateway, () => socket.ask(long)),
      "ours, ai-sdk HTTP": cost(gateway, () => http.ask(long)),
      "the AI SDK's own server": cost(theirs, () => own.ask(long)),
    },
    { warmUp: 8, rounds: 7 },
  );
  report({
    question: "CPU of the server for one delta of the model, µs: burst, 16 deltas a read",
    goal: "socket ÷ native, p50: at most 1.5; ÷ the AI SDK's own server: at most 1.0",
    rows: Object.entries(costs).map(([name, all]) => ({
      "": name,
      p50: median(all),
      p99: percentile(all, 0.99),
      "÷ native, p50": median(all) / median(costs["ours, native"]),
      "÷ its own, p50": median(all) / median(costs["the AI SDK's own server"]),
    })),
  });

  await manyStreams({ ours, start, modelPort });
});

/**
 * @param {{ ours: (more: object) => Promise<import("./harness/benchmark.mjs").Server>,
 * start: import("./harness/benchmark.mjs").Bench["start"], modelPort: number }} bench
 */
async function manyStreams({ ours, start, modelPort }) {
  const count = sized(200, 5);
  const paced = answerOf({ reads: sized(60, 3), deltas: 1, characters, gapMs: 20 });
  const gateway = await ours({ trackPeak: true });
  const theirs = await start("harness/ai-sdk-server.mjs", { modelPort, trackPeak: true });
  const sockets = await Promise.all(Array.from({ length: count }, () => AiSocketClient.connect(gateway)));
  const clients = Array.from({ length: count }, () => new AiHttpClient({ port: theirs.port, path: "/" }));
  /**
   * @param {import("./harness/benchmark.mjs").Server} server @param {{ ask(text: string):
   * Promise<unknown> }[]} all
   */
  const peak = async (server, all) => {
    await Promise.all(all.map((client) => client.ask(paced)));
    await server.usage();
    await Promise.all(all.map((client) => client.ask(paced)));
    return mebibytes((await server.usage()).peakRss);
  };
  const rows = [
    { "": "ours, ai-sdk socket", "RSS, peak": await peak(gateway, sockets) },
    { "": "the AI SDK's own server", "RSS, peak": await peak(theirs, clients) },
  ];
  const its = rows[1]?.["RSS, peak"] ?? Number.NaN;
  report({
    question: `Memory of the server at ${count} streams, MiB`,
    goal: "ours ÷ the AI SDK's own server: at most 0.7",
    rows: rows.map((row) => ({ ...row, "÷ its own": row["RSS, peak"] / its })),
  });
}
