// The question: what does a delta cost the gateway when 30 answers stream at the pace of a model,
// with the sessions in PostgreSQL and in files?
import { answerOf, Client } from "../harness/client.mjs";
import { inTurns } from "../harness/in-turns.mjs";
import { median, percentile, report } from "../harness/report.mjs";
import { sized } from "../harness/sized.mjs";
import { benchmarkWithDatabase } from "./database.mjs";

const token = "a-token-for-the-benchmark-only-of-32-bytes-or-more";
const ANSWERS = sized(30, 2);
const READS = sized(150, 5);

await benchmarkWithDatabase(async ({ start, folder }, database) => {
  const { port: modelPort } = await start("harness/model-server.mjs");
  const content = answerOf({ reads: READS, deltas: 1, characters: 10, gapMs: 20 });
  const settings = { token, modelPort, sessionEach: true };
  const postgres = { ...database.config, schema: "streams" };
  const sides = {
    files: await start("harness/gateway.mjs", { ...settings, folder: folder() }),
    PostgreSQL: await start("harness/gateway.mjs", { ...settings, postgres }),
  };
  /** @type {number[]} */
  const databaseCosts = [];
  /** @type {Record<string, () => Promise<number>>} */
  const measures = {};
  for (const [name, server] of Object.entries(sides)) {
    const clients = await Promise.all(Array.from({ length: ANSWERS }, () => Client.connect(server)));
    measures[name] = async () => {
      const before = [(await server.usage()).cpuMicros, database.cpuMicros()];
      await Promise.all(clients.map((client) => client.ask(content, "run_end")));
      const after = [(await server.usage()).cpuMicros, database.cpuMicros()];
      const [node = 0, data = 0] = after.map((micros, index) => {
        return (micros - (before[index] ?? 0)) / (ANSWERS * READS);
      });
      if (name === "PostgreSQL") databaseCosts.push(data);
      return node;
    };
  }
  const warmUp = 4;
  const measured = await inTurns(measures, { warmUp, rounds: 7 });
  report({
    question: `CPU of a delta, µs: ${ANSWERS} answers at once, each a delta every 20 ms`,
    goal: "the gateway with PostgreSQL ÷ with files, p50: at most 1.5",
    rows: Object.entries(measured).map(([name, costs]) => ({
      "": name,
      "gateway, p50": median(costs),
      "gateway, p99": percentile(costs, 0.99),
      "÷ files, p50": median(costs) / median(measured["files"] ?? []),
      "database, p50": name === "PostgreSQL" ? median(databaseCosts.slice(-costs.length)) : "",
    })),
  });
});
