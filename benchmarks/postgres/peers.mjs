// The question: what does a turn cost beside Mastra's PostgresStore and LangGraph's PostgresSaver?
// The same turns in each store, each in a process of its own. The stores take turns.
//
//   npm install --no-package-lock --prefix benchmarks/postgres/peers
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { median, report } from "../harness/report.mjs";
import { sized } from "../harness/sized.mjs";
import { benchmarkWithDatabase } from "./database.mjs";

const settings = {
  sessions: sized(100, 5),
  turns: sized(50, 2),
  pages: sized(1_000, 2),
  warmups: sized(2, 1),
  // Before each measurement, while the other stores waited.
  warmupTurns: sized(20, 1),
};
const rounds = sized(3, 1);
const without = ", without the index";
const names = ["ours", "Mastra", "LangGraph"];
const goals = [
  "a turn, ÷ ours: Mastra at least 10, LangGraph at least 100",
  "the last 50 messages, ÷ ours: Mastra at least 2, LangGraph at least 20",
];

/** @typedef {{ client: number, database: number, wall: number }} Cost microseconds for each */

/**
 * A store in a process of its own, and the costs of each row and round.
 * @typedef {object} Side
 * @property {string} name
 * @property {Map<string, Cost[]>} costs
 * @property {(row: string) => Promise<Cost>} measure
 * @property {() => Promise<void>} end
 */

await benchmarkWithDatabase(async (_bench, database) => {
  const folder = join(import.meta.dirname, "peers");
  const isInstalled = existsSync(join(folder, "node_modules"));
  if (!isInstalled) console.log("The peers are not installed: only this store is measured.");
  /** @type {Side[]} */
  const sides = [];
  for (const name of isInstalled ? names : names.slice(0, 1)) {
    await database.run(`create database "${name}"`);
    sides.push(await startSide(name));
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const row of sides[0]?.costs.keys() ?? []) {
      for (const { costs, measure } of sides) costs.get(row)?.push(await measure(row));
    }
  }
  const results = new Map(sides.map(({ name, costs }) => [name, mediansOf(costs)]));
  await Promise.all(sides.map(({ end }) => end()));
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

  /**
   * Starts the process of a store, whose code is compiled then.
   * @param {string} name @returns {Promise<Side>}
   */
  async function startSide(name) {
    const { host, port, user } = database.config;
    const connectionString = `postgresql://${user}:none@${host}:${port}/${name}`;
    const argument = JSON.stringify({ name, connectionString, ...settings });
    const child = fork(join(folder, "measure.mjs"), [argument], { execArgv: ["--expose-gc"] });
    /** @returns {Promise<any>} */
    const next = () =>
      new Promise((resolve, reject) => {
        const fail = () => reject(new Error(`The measurement of ${name} failed.`));
        child.once("exit", fail);
        child.once("message", (message) => {
          child.off("exit", fail);
          resolve(message);
        });
      });
    const { rows } = await next();
    return {
      name,
      costs: new Map(rows.map((/** @type {string} */ row) => [row, []])),
      async measure(row) {
        const before = database.cpuMicros();
        child.send(row);
        const { count, cpu, wall } = await next();
        const used = database.cpuMicros() - before;
        await next();
        return { client: cpu / count, wall: wall / count, database: used / count };
      },
      async end() {
        const ended = once(child, "exit");
        child.send("end");
        await ended;
      },
    };
  }
});

/** @param {Map<string, Cost[]>} costs @returns {Record<string, Cost>} */
function mediansOf(costs) {
  /** @param {Cost[]} of @param {keyof Cost} key */
  const medianOf = (of, key) => median(of.map((cost) => cost[key]));
  return Object.fromEntries(
    [...costs].map(([row, of]) => [
      row,
      { client: medianOf(of, "client"), database: medianOf(of, "database"), wall: medianOf(of, "wall") },
    ]),
  );
}
