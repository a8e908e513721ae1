// The question: what does one delta of the model cost the server in CPU, with everything on: token,
// validation, journal?
import { benchmark } from "./harness/benchmark.mjs";
import { answerOf, Client } from "./harness/client.mjs";
import { inTurns } from "./harness/in-turns.mjs";
import { median, percentile, report } from "./harness/report.mjs";
import { oldCheckout, writeWorkspace } from "./harness/shipped.mjs";
import { sized } from "./harness/sized.mjs";

const token = "a-token-for-the-benchmark-only-of-32-bytes-or-more";
const characters = 10;
/** The last shape is that of real models: many answers at once, each at its own pace. */
const shapes = [
  {
    name: "burst, 16 deltas a read",
    goal: "ours ÷ naive, p50: at most 0.3",
    shape: { reads: sized(600, 5), deltas: 16, characters, gapMs: 1 },
    answers: 1,
  },
  {
    name: "paced, 1 delta a read",
    goal: "none: a thousand reads a second of one answer",
    shape: { reads: sized(1_500, 5), deltas: 1, characters, gapMs: 1 },
    answers: 1,
  },
  {
    name: "30 answers at once, each 1 delta a read, 20 ms apart",
    goal: "ours ÷ naive, p50: at most 0.8",
    shape: { reads: sized(150, 5), deltas: 1, characters, gapMs: 20 },
    answers: sized(30, 2),
  },
];

await benchmark(async ({ start, folder }) => {
  const { port: modelPort } = await start("harness/model-server.mjs");
  const settings = { modelPort, sessionEach: true };
  /** @param {string} [checkout] */
  const ours = (checkout) => {
    const workspace = writeWorkspace(folder());
    return start("harness/gateway.mjs", { ...settings, token, folder: folder(), workspace, checkout });
  };
  /** @type {Record<string, import("./harness/benchmark.mjs").Server>} */
  const servers = {
    ours: await ours(),
    ...(oldCheckout && { "ours, old build": await ours(oldCheckout) }),
    naive: await start("naive-gateway.mjs", { ...settings, folder: folder() }),
    "the least, with a journal": await start("harness/least-gateway.mjs", { modelPort, folder: folder() }),
  };
  const most = Math.max(...shapes.map(({ answers }) => answers));
  /** @type {Record<string, Client[]>} */
  const clients = {};
  for (const [name, server] of Object.entries(servers))
    clients[name] = await Promise.all(Array.from({ length: most }, () => Client.connect(server)));

  for (const { name, goal, shape, answers } of shapes) {
    const content = answerOf(shape);
    /**
     * CPU of the server for its answers, in microseconds a delta.
     * @param {string} which @param {import("./harness/benchmark.mjs").Server} server
     */
    const cost = (which, server) => async () => {
      const before = await server.usage();
      const asked = (clients[which] ?? []).slice(0, answers);
      await Promise.all(asked.map((one) => one.ask(content, which === "naive" ? "message_done" : "run_end")));
      const after = await server.usage();
      return (after.cpuMicros - before.cpuMicros) / (answers * shape.reads * shape.deltas);
    };
    const measured = await inTurns(
      Object.fromEntries(Object.entries(servers).map(([which, server]) => [which, cost(which, server)])),
      // Of a server that has been up for a while: ours makes few steps a round, and each is to be
      // compiled by then.
      { warmUp: 12, rounds: 7 },
    );
    report({
      question: `CPU of the server for one delta of the model, µs: ${name}`,
      goal,
      rows: Object.entries(measured).map(([server, costs]) => ({
        "": server,
        p50: median(costs),
        p99: percentile(costs, 0.99),
        "÷ naive, p50": median(costs) / median(measured["naive"] ?? []),
      })),
    });
  }
});
