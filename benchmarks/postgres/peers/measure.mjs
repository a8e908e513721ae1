// Measures one store in a process of its own. Settings come as JSON. Sends a message when a row
// begins, and another one with the microseconds of CPU and of wall time that it took.
import process from "node:process";
import { openStore } from "./stores.mjs";

const { name, connectionString, sessions, turns, pages, rounds } = JSON.parse(process.argv[2]);

async function measure(row, count, work, rest = store.rest) {
  globalThis.gc?.();
  process.send({});
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = (performance.now() - start) * 1_000;
  // The work behind the calls belongs to them.
  await rest();
  const { user, system } = process.cpuUsage(before);
  process.send({ row, count, cpu: user + system, wall });
}

/**
 * Measures turns with their part of the search index, and without it. Returns the sessions.
 */
async function measureTurns(what, act) {
  const title = `${what}, ${sessions} sessions at once`;
  let ids = [];
  const work = async () => {
    ids = await run(sessions, act);
  };
  if (store.holdIndex) {
    const release = store.holdIndex();
    await measure(`${title}, without the index`, sessions * turns, work, async () => {});
    release();
    await store.rest();
  }
  await measure(title, sessions * turns, work);
  return ids;
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

// The engine compiles the code of a store in tens of thousands of turns.
for (let round = 0; round < rounds; round += 1) {
  await run(sessions, store.turn);
  await run(sessions, store.save);
  await store.rest();
}
await measure("save a turn, one session", turns, () => run(1, store.save));
await measureTurns("save a turn", store.save);
const ids = await measureTurns("a turn of an agent", store.turn);
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
