// The question: how much later do the model's first words come with the sessions in PostgreSQL than
// with the sessions in files?
import pg from "pg";
import { answerOf, Client } from "../harness/client.mjs";
import { inTurns } from "../harness/in-turns.mjs";
import { median, percentile, report } from "../harness/report.mjs";
import { sized } from "../harness/sized.mjs";
import { benchmarkWithDatabase } from "./database.mjs";

const token = "a-token-for-the-benchmark-only-of-32-bytes-or-more";

await benchmarkWithDatabase(async ({ start, folder }, database) => {
  const { port: modelPort } = await start("harness/model-server.mjs");
  const content = answerOf({ reads: 1, deltas: 1, characters: 5, gapMs: 3 });
  /** @type {Record<string, () => Promise<number>>} */
  const measures = {};
  for (const durability of ["os", "disk"]) {
    const settings = { token, modelPort, durability };
    const files = await Client.connect(await start("harness/gateway.mjs", { ...settings, folder: folder() }));
    const postgres = { ...database.config, schema: `first_words_${durability}` };
    const ours = await Client.connect(await start("harness/gateway.mjs", { ...settings, postgres }));
    measures[`files, ${durability}`] = async () => (await files.ask(content, "run_end")).firstChunkMs;
    measures[`PostgreSQL, ${durability}`] = async () => (await ours.ask(content, "run_end")).firstChunkMs;
  }
  const client = new pg.Client(database.config);
  await client.connect();
  measures["a statement, round trip"] = async () => {
    const startedAt = performance.now();
    await client.query("select 1");
    return performance.now() - startedAt;
  };
  const measured = await inTurns(measures, { warmUp: sized(100, 1), rounds: 300 });
  await client.end();
  report({
    question: "From a message to the model's first words, ms",
    goal: "PostgreSQL over files with the same durability, p50: at most 3 ms",
    rows: Object.entries(measured).map(([name, times]) => {
      const beside = measured[name.replace("PostgreSQL", "files")] ?? [];
      return {
        "": name,
        p50: median(times),
        p99: percentile(times, 0.99),
        "over files, p50": name.startsWith("PostgreSQL") ? median(times) - median(beside) : "",
      };
    }),
  });
});
