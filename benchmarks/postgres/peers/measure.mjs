// Measures one store in a process of its own, which waits between its rows, so that the stores take
// turns. Settings come as JSON. Sends the names of its rows. For the name of a row, it sends the
// microseconds of CPU and of wall time that the row took, and then that the row has ended.
import { on } from "node:events";
import process from "node:process";
import { openStore } from "./stores.mjs";

const { name, connectionString, sessions, turns, pages, warmups, warmupTurns } = JSON.parse(process.argv[2]);
const store = await openStore(name, connectionString, turns);
let ids = [];
let isReopened = false;

const rows = {
  "create a session": () => measure(sessions, () => create(sessions)),
  "save a turn, one session": () => measureTurns(1, store.save),
  ...rowsOfTurns("save a turn", store.save),
  ...rowsOfTurns("a turn of an agent", store.turn),
  "last 50 messages": measurePages,
};

/** The rows for turns with their part of the search index, and without it. */
function rowsOfTurns(what, act) {
  const title = `${what}, ${sessions} sessions at once`;
  const withoutIndex = async () => {
    const release = store.holdIndex();
    await measureTurns(sessions, act, async () => {});
    release();
    await store.rest();
  };
  return {
    ...(store.holdIndex && { [`${title}, without the index`]: withoutIndex }),
    [title]: () => measureTurns(sessions, act),
  };
}

/** Measures turns of new sessions, after turns of others: a service is not cold for each burst. */
async function measureTurns(count, act, rest = store.rest) {
  await takeTurns(await create(count), act, warmupTurns);
  await rest();
  const created = await create(count);
  if (count === sessions) ids = created;
  await measure(count * turns, () => takeTurns(created, act, turns), rest);
}

async function measure(count, work, rest = store.rest) {
  globalThis.gc?.();
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = (performance.now() - start) * 1_000;
  // The work behind the calls belongs to them.
  await rest();
  const { user, system } = process.cpuUsage(before);
  process.send({ count, cpu: user + system, wall });
}

async function measurePages() {
  if (!isReopened) {
    // Without what is in memory.
    await store.reopen();
    isReopened = true;
    await readPages();
  }
  await measure(pages, readPages);
}

async function readPages() {
  let read = 0;
  for (let index = 0; index < pages; index += 1) read += (await store.last(ids[index % sessions])).length;
  const expected = pages * Math.min(50, 2 * turns);
  if (read !== expected) throw new Error(`${name} returned ${read} messages, not ${expected}.`);
}

async function create(count) {
  const created = [];
  for (let index = 0; index < count; index += 1) created.push(await store.create(`session ${index}`));
  return created;
}

/** Calls `act` for turns of all sessions at once, in each session one turn after the other. */
async function takeTurns(of, act, count) {
  const running = of.map(async (id) => {
    for (let index = 0; index < count; index += 1) await act(id, index);
  });
  await Promise.all(running);
}

// The engine compiles the code of a store in tens of thousands of turns.
for (let round = 0; round < warmups; round += 1) {
  for (const act of [store.turn, store.save]) await takeTurns(await create(sessions), act, turns);
  await store.rest();
}
process.once("disconnect", () => process.exit());
process.send({ rows: Object.keys(rows) });
for await (const [row] of on(process, "message")) {
  if (row === "end") break;
  await rows[row]();
  process.send({ hasEnded: true });
}
await store.close();
process.disconnect();
