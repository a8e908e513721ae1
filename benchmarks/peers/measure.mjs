// Measures one store in a process of its own: node measure.mjs NAME. Prints one JSON object: CPU
// and wall time of each row, in microseconds for each message, page or list. The first round of all
// rows is not counted: the engine compiles the code of the stores in it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "./stores.mjs";

const SESSIONS = 100;
const MESSAGES = 20_000;
const GROUP = 100;
const CALLERS = 1_000;
// Each waits for the disk. After 2,000 the engine still compiles the code of this row, which was
// half of its CPU.
const SYNCED = 10_000;
const READS = 5_000;
const LISTS = 5_000;

const [name = ""] = process.argv.slice(2);
const folder = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), "peers-"));
const rows = {};

function messageOf(index) {
  return { role: "user", content: `${index} ${"x".repeat(400)}`, timestamp: 1_767_225_600_000 + index };
}

/** Runs `work`, which does something `count` times. */
async function measure(row, count, work) {
  globalThis.gc?.();
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  rows[row] = { cpu: (user + system) / count, wall: ((performance.now() - start) * 1_000) / count };
}

/** Awaits only what is a promise. */
async function repeat(count, work) {
  for (let index = 0; index < count; index += 1) {
    const result = work(index);
    if (result instanceof Promise || typeof result?.then === "function") await result;
  }
}

async function sessionsOf(store) {
  const ids = [];
  for (let index = 0; index < SESSIONS; index += 1) ids.push(await store.create(`session ${index}`));
  await repeat(SESSIONS, (index) => store.append(ids[index], messageOf(0)));
  return ids;
}

async function appends(durability, count) {
  const path = mkdtempSync(join(folder, `${durability}-`));
  const store = await openStore(name, path, durability);
  const ids = await sessionsOf(store);
  await measure(`append one by one, ${durability}`, count, () =>
    repeat(count, (index) => store.append(ids[index % SESSIONS], messageOf(index))),
  );
  await measure(`append 100 at a time, ${durability}`, MESSAGES, () =>
    repeat(MESSAGES / GROUP, (index) =>
      store.appendAll(
        ids[index % SESSIONS],
        Array.from({ length: GROUP }, (_, one) => messageOf(index * GROUP + one)),
      ),
    ),
  );
  const all = Array.from({ length: CALLERS }, (_, one) => messageOf(one));
  await measure(`append, 1,000 callers, ${durability}`, MESSAGES, () =>
    repeat(MESSAGES / CALLERS, (index) => store.appendFromMany(ids[index % SESSIONS], all)),
  );
  return { store, path, ids };
}

async function measureAll() {
  const { store, path, ids } = await appends("os", MESSAGES);
  await repeat(SESSIONS, (index) => store.last(ids[index]));
  await measure("last 50, warm", READS, () => repeat(READS, (index) => store.last(ids[index % SESSIONS])));
  await measure("newest 20 of 100 sessions", LISTS, () => repeat(LISTS, () => store.list()));
  await store.close();
  const cold = READS / SESSIONS;
  let read = 0;
  await measure("last 50, cold", READS, () =>
    repeat(cold, async () => {
      const again = await openStore(name, path, "os");
      await repeat(SESSIONS, (index) => {
        const page = again.last(ids[index]);
        return page instanceof Promise ? page.then(({ length }) => (read += length)) : (read += page.length);
      });
      await again.close();
    }),
  );
  if (read !== READS * 50) throw new Error(`${name} returned ${read} messages, not all.`);
  await (await appends("disk", SYNCED)).store.close();
}

try {
  await measureAll();
  await measureAll();
  console.log(JSON.stringify(rows));
} finally {
  rmSync(folder, { recursive: true });
}
