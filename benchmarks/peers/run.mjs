// The question: what does the session store cost beside better-sqlite3, lmdb and classic-level? The
// same 20,000 messages over 100 sessions, each store in a process of its own, in turns. Prints
// medians.
//
//   npm run build && npm install --no-package-lock --prefix benchmarks/peers
//   node benchmarks/peers/run.mjs
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { names } from "./stores.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const [ours, ...peers] = names;

/** Returns the rows of one store. */
function measure(name) {
  const program = join(import.meta.dirname, "measure.mjs");
  const { stdout, status } = spawnSync(process.execPath, ["--expose-gc", program, name], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The measurement of ${name} failed.`);
  return JSON.parse(stdout);
}

function median(values) {
  return values.sort((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}

const results = new Map(names.map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const name of names) results.get(name).push(measure(name));
}

const figureOf = (name, row, kind) => median(results.get(name).map((rows) => rows[row][kind]));
console.log(
  `Node ${process.version}, medians of ${ROUNDS} rounds; in brackets session-store ÷ the peer's figure`,
);
for (const kind of ["cpu", "wall"]) {
  console.log(`\n| ${kind === "cpu" ? "CPU" : "wall time"}, µs each | ${names.join(" | ")} |`);
  console.log(`|---|${names.map(() => "---:").join("|")}|`);
  for (const row of Object.keys(results.get(ours)[0])) {
    const own = figureOf(ours, row, kind);
    const others = peers.map((name) => {
      const figure = figureOf(name, row, kind);
      return `${figure.toFixed(1)} (${(own / figure).toFixed(2)})`;
    });
    console.log(`| ${row} | ${own.toFixed(1)} | ${others.join(" | ")} |`);
  }
}
