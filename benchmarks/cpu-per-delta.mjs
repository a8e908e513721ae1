// What does one delta of the model cost the server in CPU, with everything on: token, validation, journal?
import { benchmark } from "./harness/benchmark.mjs";
import { answerOf, Client } from "./harness/client.mjs";
import { inTurns } from "./harness/in-turns.mjs";
import { median, percentile, report } from "./harness/report.mjs";

const token = "a token for the benchmark only, of 32 bytes or more";
const characters = 10;
const shapes = [
  { name: "burst, 16 deltas a read", goal: 0.33, shape: { reads: 600, deltas: 16, characters, gapMs: 1 } },
  { name: "paced, 1 delta a read", goal: 0.7, shape: { reads: 1_500, deltas: 1, characters, gapMs: 1 } },
];

await benchmark(async ({ start, folder }) => {
  const { port: modelPort } = await start("harness/model-server.mjs");
  const servers = {
    ours: await start("harness/gateway.mjs", { token, modelPort, folder: folder() }),
    "ours, in memory": await start("harness/gateway.mjs", { token, modelPort }),
    naive: await start("naive-gateway.mjs", { modelPort, folder: folder() }),
  };
  const clients = {
    ours: await Client.connect(servers.ours),
    "ours, in memory": await Client.connect(servers["ours, in memory"]),
    naive: await Client.connect(servers.naive),
  };

  for (const { name, goal, shape } of shapes) {
    const content = answerOf(shape);
    /** CPU of the server for one answer, in microseconds a delta. @param {keyof typeof servers} which */
    const cost = (which) => async () => {
      const before = await servers[which].usage();
      await clients[which].ask(content, which === "naive" ? "message_done" : "run_end");
      const after = await servers[which].usage();
      return (after.cpuMicros - before.cpuMicros) / (shape.reads * shape.deltas);
    };
    const measured = await inTurns(
      { ours: cost("ours"), "ours, in memory": cost("ours, in memory"), naive: cost("naive") },
      { warmUp: 3, rounds: 7 },
    );
    report({
      question: `CPU of the server for one delta of the model, µs: ${name}`,
      goal: `ours ÷ naive, p50: at most ${goal}`,
      rows: Object.entries(measured).map(([server, costs]) => ({
        "": server,
        p50: median(costs),
        p99: percentile(costs, 0.99),
        "÷ naive, p50": median(costs) / median(measured.naive),
      })),
    });
  }
});
