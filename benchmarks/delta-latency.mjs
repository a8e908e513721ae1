// The question: how long is a delta of the model on its way to a client, through the example server
// as it ships, while the server has little else to do?
import { benchmark } from "./harness/benchmark.mjs";
import { answerOf, Client } from "./harness/client.mjs";
import { inTurns } from "./harness/in-turns.mjs";
import { median, percentile, report } from "./harness/report.mjs";
import { oldCheckout, startShipped } from "./harness/shipped.mjs";
import { sized } from "./harness/sized.mjs";

// The gaps of a fast model, of a cache, and of a real model.
const gaps = [2, 5, 20];

await benchmark(async (bench) => {
  const { port: modelPort } = await bench.start("harness/model-server.mjs");
  const naiveServer = await bench.start("naive-gateway.mjs", { modelPort, folder: bench.folder() });
  /** @type {Record<string, Client>} */
  const clients = {
    "ours, as it ships": await Client.connect(await startShipped(bench, modelPort)),
    ...(oldCheckout && {
      "ours, old build": await Client.connect(await startShipped(bench, modelPort, oldCheckout)),
    }),
    naive: await Client.connect(naiveServer),
  };
  for (const gapMs of gaps) {
    const content = answerOf({ reads: sized(100, 4), deltas: 1, characters: 10, gapMs, stamped: true });
    /** @type {Record<string, number[]>} */
    const delays = {};
    /** @param {string} name @param {Client} client */
    const ask = (name, client) => async () => {
      const measured = await client.delays(content, name === "naive" ? "message_done" : "run_end");
      (delays[name] ??= []).push(...measured);
      return 0;
    };
    const asks = Object.entries(clients).map(([name, client]) => [name, ask(name, client)]);
    await inTurns(Object.fromEntries(asks), { warmUp: 0, rounds: 8 });
    report({
      question: `From the model's write of a delta to the client's frame, deltas ${gapMs} ms apart, ms`,
      goal: "at most 1 ms p50",
      rows: Object.entries(delays).map(([name, all]) => {
        const warm = all.slice(all.length / 4);
        return { "": name, p50: median(warm), p99: percentile(warm, 0.99), deltas: warm.length };
      }),
    });
  }
});
