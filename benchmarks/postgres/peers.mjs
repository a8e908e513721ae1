// The question: what does a turn cost beside Mastra's PostgresStore and LangGraph's PostgresSaver?
// The same turns in each store, each in a process of its own.
//
//   npm install --no-package-lock --prefix benchmarks/postgres/peers
import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { report } from "../harness/report.mjs";
import { sized } from "../harness/sized.mjs";
import { benchmarkWithDatabase } from "./database.mjs";

const settings = {
  sessions: sized(100, 5),
  turns: sized(50, 2),
  pages: sized(1_000, 2),
  rounds: sized(3, 1),
};
const without = ", without the index";
const names = ["ours", "Mastra", "LangGraph"];
const goals = [
  "a turn, ÷ ours: Mastra at least 10, LangGraph at least 100",
  "the last 50 messages, ÷ ours: Mastra at least 2, LangGraph at least 20",
];

/** @typedef {{ client: number, database: number, wall: number }} Cost microseconds for each */

await benchmarkWithDatabase(async (_bench, database) => {
  const folder = join(import.meta.dirname, "peers");
  const isInstalled = existsSync(join(folder, "node_modules"));
  if (!isInstalled) console.log("The peers are not installed: only this store is measured.");
  /** @type {Map<string, Record<string, Cost>>} */
  const results = new Map();
  for (const name of isInstalled ? names : names.slice(0, 1)) {
    await database.run(`create database "${name}"`);
    results.set(name, await measure(name));
  }
  const ours = results.get("ours") ?? {};
  report({
    question: `CPU, µs each: ${settings.sessions} sessions of ${settings.turns} turns, two messages of 400 bytes in each`,
    goal: goals.join("; "),
    rows: [...results].flatMap(([name, rows]) =>
      Object.entries(rows).map(([row, cost]) => ({
        "": name,
        what: row,
        client: cost.client,
        "÷ ours": cost.client / (ours[row]?.client ?? Number.NaN),
        // No peer has a search index.
        "÷ ours without the index": cost.client / (ours[`${row}${without}`]?.client ?? Number.NaN),
        database: cost.database,
        "database ÷ ours": cost.database / (ours[row]?.database ?? Number.NaN),
        wall: cost.wall,
      })),
    ),
  });

  /** @param {string} name @returns {Promise<Record<string, Cost>>} */
  async function measure(name) {
    const { host, port, user } = database.config;
    const connectionString = `postgresql://${user}:none@${host}:${port}/${name}`;
    const argument = JSON.stringify({ name, connectionString, ...settings });
    const child = fork(join(folder, "measure.mjs"), [argument], { execArgv: ["--expose-gc"] });
    let before = 0;
    /** @type {Record<string, Cost>} */
    const costs = {};
    return new Promise((resolve, reject) => {
      child.on("message", (/** @type {any} */ { row, count, cpu, wall }) => {
        if (row === undefined) before = database.cpuMicros();
        else
          costs[row] = {
            ...{ client: cpu / count, wall: wall / count },
            database: (database.cpuMicros() - before) / count,
          };
      });
      child.once("exit", (status) => {
        if (status === 0) resolve(costs);
        else reject(new Error(`The measurement of ${name} failed.`));
      });
    });
  }
});
