// The question: how many appends per second, compared with the least work that any store must do?
import { closeSync, fdatasync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Message } from "@mini-openclaw/protocol";
import { openSessionStore } from "../src/index.ts";

const sync = promisify(fdatasync);
const folder = mkdtempSync(join(tmpdir(), "session-store-bench-"));
const content = "x".repeat(400);
const ROUNDS = 5;

/** As long as the entry that the store makes of it. */
function bareEntry(seq: number) {
  return {
    seq,
    id: "0199f300-0000-7000-8000-000000000000",
    role: "user",
    content,
    timestamp: 1_767_225_600_000,
  };
}

function message(): Message {
  return { role: "user", content, timestamp: 1_767_225_600_000 };
}

/** Best of some rounds, in operations a second. */
async function measure(count: number, run: (count: number) => Promise<void>): Promise<number> {
  let best = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    await run(count);
    best = Math.max(best, count / ((performance.now() - start) / 1000));
  }
  return best;
}

async function bareWrites(count: number): Promise<void> {
  const fd = openSync(join(folder, "bare.jsonl"), "a");
  for (let seq = 0; seq < count; seq += 1) writeSync(fd, `${JSON.stringify(bareEntry(seq))}\n`);
  closeSync(fd);
}

function bareGroups(callers: number) {
  return async (count: number) => {
    const fd = openSync(join(folder, "bare.jsonl"), "a");
    for (let seq = 0; seq < count; seq += callers) {
      let lines = "";
      for (let caller = 0; caller < callers; caller += 1)
        lines += `${JSON.stringify(bareEntry(seq + caller))}\n`;
      writeSync(fd, lines);
      await sync(fd);
    }
    closeSync(fd);
  };
}

function appends(callers: number, durability: "os" | "disk") {
  return async (count: number) => {
    const store = await openSessionStore(join(folder, "store"), { durability });
    const { sessionId } = await store.createSession("bench");
    await store.appendMessage(sessionId, message());
    const caller = async () => {
      for (let done = 0; done < count / callers; done += 1) await store.appendMessage(sessionId, message());
    };
    await Promise.all(Array.from({ length: callers }, caller));
    await store.close();
  };
}

/** The same into SQLite, if it is installed here. */
async function sqlite(): Promise<void> {
  const name = "better-sqlite3";
  try {
    const { default: Database } = (await import(name)) as { default: new (path: string) => SqliteDatabase };
    for (const [label, synchronous] of [
      ["os", "NORMAL"],
      ["disk", "FULL"],
    ] as const) {
      const database = new Database(join(folder, `${label}.db`));
      database.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; CREATE TABLE entries (seq INTEGER PRIMARY KEY, line TEXT)`,
      );
      const insert = database.prepare("INSERT INTO entries (line) VALUES (?)");
      const perSecond = await measure(2_000, async (count) => {
        for (let seq = 0; seq < count; seq += 1) insert.run(JSON.stringify(bareEntry(seq)));
      });
      row(`better-sqlite3, WAL, ${label}, 1 caller`, perSecond, perSecond);
      database.close();
    }
  } catch {
    console.log("better-sqlite3 is not installed: no comparison with it");
  }
}

interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): { run(line: string): void };
  close(): void;
}

function row(name: string, value: number, base: number): void {
  console.log(
    `${name.padEnd(44)} ${Math.round(value).toLocaleString("en").padStart(12)} /s   ${(value / base).toFixed(2)}`,
  );
}

try {
  console.log(
    `appends of 508 B lines, best of ${ROUNDS} rounds; the last column is the ratio to the bare loop`,
  );
  const bare = await measure(50_000, bareWrites);
  row("bare writeSync(fd, JSON.stringify(entry))", bare, bare);
  for (const callers of [1, 100, 1_000]) {
    row(`os, ${callers} callers`, await measure(50_000, appends(callers, "os")), bare);
  }
  for (const callers of [1, 100, 1_000]) {
    const count = callers === 1 ? 1_000 : 20_000;
    const grouped = await measure(count, bareGroups(callers));
    row(`bare grouped write + fdatasync, ${callers}`, grouped, grouped);
    row(`disk, ${callers} callers`, await measure(count, appends(callers, "disk")), grouped);
  }
  await sqlite();
} finally {
  rmSync(folder, { recursive: true });
}
