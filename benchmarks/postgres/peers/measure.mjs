// Measures one store in a process of its own. Settings come as JSON. Sends a message when a row
// begins, and another one with the microseconds of CPU and of wall time that it took.
import process from "node:process";
import { openStore } from "./stores.mjs";

const { name, connectionString, sessions, turns, pages } = JSON.parse(process.argv[2]);

async function measure(row, count, work) {
  globalThis.gc?.();
  process.send({});
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = (performance.now() - start) * 1_000;
  // The work behind the calls belongs to them.
  await store.rest();
  const { user, system } = process.cpuUsage(before);
  process.send({ row, count, cpu: user + system, wall });
}

const store = await openStore(name, connectionString, turns);

/** Runs `act` for all turns of new sessions, each session one turn after the other. */
async function run(count, act) {
  const ids = [];
  for (let index = 0; index < count; index += 1) ids.push(await store.create(`session ${index}`));
  const running = ids.map(async (id) => {
    for (let index = 0; index < turns; index += 1) await act(id, index);
  });
  await Promise.all(running);
  return ids;
}

// The engine compiles the code of each store in thousands of turns.
await run(sessions, store.turn);
await run(sessions, store.save);
await store.rest();
let ids = [];
const row = (name, count, act) => measure(name, count * turns, () => run(count, act));
await row("save a turn, one session", 1, store.save);
await row(`save a turn, ${sessions} sessions at once`, sessions, store.save);
await measure(`a turn of an agent, ${sessions} sessions at once`, sessions * turns, async () => {
  ids = await run(sessions, store.turn);
});
await store.reopen();
let read = 0;
const readPages = async (count) => {
  for (let index = 0; index < count; index += 1) read += (await store.last(ids[index % sessions])).length;
};
await readPages(pages);
await measure("last 50 messages", pages, () => readPages(pages));
const expected = 2 * pages * Math.min(50, 2 * turns);
if (read !== expected) throw new Error(`${name} returned ${read} messages, not ${expected}.`);
await store.close();
process.disconnect();
