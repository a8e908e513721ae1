// The question: how long does a store of many sessions need to open, and what does each cost in
// memory? The folder is listed for the newest 20 sessions, after the first key where the index
// names all sessions. The longest stall is that of both.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { openSessionStore } from "../src/index.ts";
import { createId } from "../src/model/names.ts";

const timestamp = 1_767_225_600_000;

/** Sessions of one message each, with their caches, as the store leaves them. */
async function fill(folder: string, count: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < count; index += 1) {
    const sessionId = createId();
    const header = {
      type: "session",
      v: 1,
      sessionId,
      key: `webchat:user-${index}`,
      createdAt: timestamp + index,
    };
    const entry = {
      seq: 1,
      id: createId(),
      role: "user",
      content: `message ${index}`,
      timestamp: timestamp + index,
    };
    const lines = `${JSON.stringify(header)}\n${JSON.stringify(entry)}\n`;
    writeFileSync(join(folder, `${sessionId}.jsonl`), lines);
    const { type: _, v: _v, ...meta } = header;
    const bytes = Buffer.byteLength(lines);
    const cache = {
      ...meta,
      channel: "webchat",
      title: entry.content,
      updatedAt: entry.timestamp,
      messageCount: 1,
    };
    const flags = { lastSeq: 1, epoch: "0", numbered: true, renamed: false, bytes, check: 0 };
    writeFileSync(join(folder, `${sessionId}.meta.json`), JSON.stringify({ ...cache, ...flags }));
  }
}

interface Round {
  readonly open: number;
  readonly firstKey: number;
  readonly newest: number;
  readonly stall: number;
  readonly cpu: number;
  readonly memory: number;
}

/** Measures one start of a store that only reads. The next start finds the same files. */
async function start(folder: string): Promise<Round> {
  (globalThis as { gc?: () => void }).gc?.();
  const before = process.memoryUsage().rss;
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const cpu = process.cpuUsage();
  const began = performance.now();
  const store = await openSessionStore(folder);
  const opened = performance.now();
  await store.getOrCreateSession("webchat:user-7");
  const found = performance.now();
  await store.listSessions({ limit: 20 });
  const listed = performance.now();
  loop.disable();
  const { user, system } = process.cpuUsage(cpu);
  (globalThis as { gc?: () => void }).gc?.();
  const memory = (process.memoryUsage().rss - before) / 1024 / 1024;
  await store.close();
  return {
    open: opened - began,
    firstKey: found - opened,
    newest: listed - found,
    stall: loop.max / 1e6,
    cpu: (user + system) / 1000,
    memory,
  };
}

/** Prints the median of each number over some rounds. */
async function measure(name: string, folder: string, rounds: number): Promise<void> {
  const all: Round[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await start(folder));
  const median = (field: keyof Round) => {
    const sorted = all.map((round) => round[field]).sort((one, other) => one - other);
    return (sorted[rounds >> 1] ?? 0).toFixed(1).padStart(7);
  };
  console.log(
    `${name.padEnd(30)} open ${median("open")}  first key ${median("firstKey")}` +
      `  newest 20 after it ${median("newest")} ms  longest stall ${median("stall")} ms` +
      `  cpu ${median("cpu")} ms  memory ${median("memory")} MiB`,
  );
}

/** Appends to a hundred sessions, and creates one. Dies before the index has a line of most. */
async function writeAndDie(folder: string): Promise<void> {
  const store = await openSessionStore(folder);
  const say = (sessionId: string) =>
    store.appendMessage(sessionId, { role: "user", content: "hi", timestamp });
  const { sessions } = await store.listSessions({ limit: 100 });
  for (const { sessionId } of sessions) await say(sessionId);
  await say((await store.createSession("webchat:new")).sessionId);
  process.kill(process.pid, "SIGKILL");
}

const ROUNDS = 7;
const [, program = "", killed] = process.argv;
if (killed !== undefined) await writeAndDie(killed);

const folder = mkdtempSync(join(tmpdir(), "session-store-bench-"));
try {
  for (const count of [0, 10_000, 100_000]) {
    const path = join(folder, String(count));
    await fill(path, count);
    await measure(`${count} sessions, no index`, path, 1);
    // The first append of a store that found the index missing writes it.
    const store = await openSessionStore(path);
    const { sessionId } = await store.getOrCreateSession("webchat:user-7");
    await store.appendMessage(sessionId, { role: "user", content: "hi", timestamp });
    await store.close();
    await measure(`${count} sessions, index`, path, ROUNDS);
    const { signal } = spawnSync(process.execPath, [program, path], { stdio: "inherit" });
    if (signal !== "SIGKILL") throw new Error("The writer was not killed.");
    await measure(`${count} sessions, killed writer`, path, ROUNDS);
  }
} finally {
  rmSync(folder, { recursive: true });
}
