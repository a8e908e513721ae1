// The question: what does one delta of the model cost the server in CPU, with everything on: token,
// validation, journal?
import { benchmark } from "./harness/benchmark.mjs";
import { answerOf, Client } from "./harness/client.mjs";
import { inTurns } from "./harness/in-turns.mjs";
import { median, percentile, report } from "./harness/report.mjs";

const token = "a-token-for-the-benchmark-only-of-32-bytes-or-more";
const characters = 10;
/**
 * The gateway gathers deltas that come faster than a screen shows, for up to 16 ms. So the last
 * shape is one in which nothing can be: many answers at once, each at the pace of a real model.
 */
const shapes = [
  {
    name: "burst, 16 deltas a read",
    goal: "ours ÷ naive, p50: at most 0.33",
    shape: { reads: 600, deltas: 16, characters, gapMs: 1 },
    answers: 1,
  },
  {
    name: "paced, 1 delta a read",
    goal: "ours ÷ naive, p50: at most 0.7",
    shape: { reads: 1_500, deltas: 1, characters, gapMs: 1 },
    answers: 1,
  },
  {
    name: "30 answers at once, each 1 delta a read, 20 ms apart",
    goal: "none; every read is journaled and sent by itself, which the naive gateway does not do",
    shape: { reads: 150, deltas: 1, characters, gapMs: 20 },
    answers: 30,
  },
];

await benchmark(async ({ start, folder }) => {
  const { port: modelPort } = await start("harness/model-server.mjs");
  const settings = { modelPort, sessionEach: true };
  const servers = {
    ours: await start("harness/gateway.mjs", { ...settings, token, folder: folder() }),
    "ours, in memory": await start("harness/gateway.mjs", { ...settings, token }),
    naive: await start("naive-gateway.mjs", { ...settings, folder: folder() }),
  };
  const most = Math.max(...shapes.map(({ answers }) => answers));
  /** @param {keyof typeof servers} which */
  const connect = (which) => Promise.all(Array.from({ length: most }, () => Client.connect(servers[which])));
  const clients = {
    ours: await connect("ours"),
    "ours, in memory": await connect("ours, in memory"),
    naive: await connect("naive"),
  };

  for (const { name, goal, shape, answers } of shapes) {
    const content = answerOf(shape);
    /**
     * CPU of the server for its answers, in microseconds a delta. @param {keyof typeof servers}
     * which
     */
    const cost = (which) => async () => {
      const before = await servers[which].usage();
      const asked = clients[which].slice(0, answers);
      await Promise.all(asked.map((one) => one.ask(content, which === "naive" ? "message_done" : "run_end")));
      const after = await servers[which].usage();
      return (after.cpuMicros - before.cpuMicros) / (answers * shape.reads * shape.deltas);
    };
    const measured = await inTurns(
      { ours: cost("ours"), "ours, in memory": cost("ours, in memory"), naive: cost("naive") },
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
        "÷ naive, p50": median(costs) / median(measured.naive),
      })),
    });
  }
});
