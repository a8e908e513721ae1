// A process that writes sessions until it is killed, and prints to its standard output what was
// acknowledged.
import { readFileSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import { openSessionStore, StoreError } from "../../src/index.ts";
import { JsonlStore } from "../../src/store/jsonl-store.ts";
import { guardedFileSystem } from "../guarded-file-system.ts";

const [, , task = "", folder = "", sessionId = "", argument = ""] = process.argv;
const timestamp = 1_767_225_600_000;

/** Straight to the pipe: what is said is said, even if the process dies in the next moment. */
function say(line: string): void {
  try {
    writeSync(1, `${line}\n`);
  } catch {
    process.exit(1); // nobody listens any more: the test is over
  }
}

/** Becomes the session's writer and stays it. */
async function hold(): Promise<void> {
  const store = await openSessionStore(folder);
  const log = await store.openLog(sessionId);
  await log.record([{ type: "session_updated", title: "held", timestamp }]);
  say("held");
  parentPort?.postMessage("held");
  setInterval(() => {}, 60_000);
}

/** Saves a blob, and is killed before a line names it. */
async function blob(): Promise<void> {
  const store = await openSessionStore(folder);
  const log = await store.openLog(sessionId);
  say(String(await log.saveBlob?.(Buffer.from(argument))));
  setInterval(() => {}, 60_000);
}

/** Saves a blob of a new session, and is killed before its first line. */
async function newBlob(): Promise<void> {
  const store = await openSessionStore(folder);
  const created = await store.createSession("webchat");
  const log = await store.openLog(created.sessionId);
  await log.saveBlob?.(Buffer.from(sessionId));
  say(created.sessionId);
  setInterval(() => {}, 60_000);
}

// Beyond it the test has ended without a kill, and the disk must not fill up.
const MAX_APPENDED = 256_000_000;

/** Appends messages of 50 bytes to 1 MB, numbered from `argument`. */
async function append(): Promise<void> {
  const store = await openSessionStore(folder);
  for (let count = Number(argument), total = 0; total < MAX_APPENDED; count += 1) {
    const length = Math.round(50 * 20_000 ** Math.random());
    await store.appendMessage(sessionId, {
      role: "user",
      content: `${count}:${"x".repeat(length)}`,
      timestamp,
    });
    say(`${count} ${length}`);
    total += length;
  }
}

/** Appends a short message every few milliseconds. */
async function trickle(): Promise<void> {
  const store = await openSessionStore(folder);
  for (let count = 0; ; count += 1) {
    await store.appendMessage(sessionId, { role: "user", content: `${count}`, timestamp });
    say(`${count}`);
    await delay(2);
  }
}

/** Streams runs of many chunks. Prints the recorded events. */
async function stream(): Promise<void> {
  const store = await openSessionStore(folder);
  const log = await store.openLog(sessionId);
  const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  for (let run = 0; ; run += 1) {
    const runId = `${process.pid}-${run}`;
    const show = async (events: Parameters<typeof log.record>[0]) => {
      for (const { event, json } of await log.record(events)) say(`${event.seq} ${json}`);
    };
    await show([{ type: "user_message", runId, id: `u-${runId}`, content: "hi", timestamp }]);
    await show([{ type: "run_start", runId, timestamp }]);
    let content = "";
    for (let chunk = 0; chunk < 300; chunk += 1) {
      const piece = `${chunk} `.repeat(1 + (chunk % 40));
      content += piece;
      await show([{ type: "chunk", runId, messageId: `a-${runId}`, content: piece }]);
      if (chunk % 10 === 0) await delay(1);
    }
    await show([{ type: "assistant_message", runId, id: `a-${runId}`, content, timestamp }]);
    await show([
      { type: "message_done", runId, content },
      { type: "run_end", runId, outcome: "completed", usage, timestamp },
    ]);
    await log.settle();
  }
}

/** Becomes the writer again and again, beside others. `argument` is its name. */
async function takeTurns(): Promise<void> {
  for (let count = 0; ; ) {
    const store = await openSessionStore(folder, { lockWaitMs: 60_000 });
    for (let turn = 0; turn < 20; turn += 1, count += 1) {
      const content = `${argument}-${process.pid}-${count}`;
      const entry = await store.appendMessage(sessionId, { role: "user", content, timestamp });
      say(`${entry.seq} ${content}`);
    }
    await store.close();
    await delay(Math.random() * 20);
  }
}

/**
 * Appends to the sessions `s0`, `s1`, … at random, 300 at a time, each acknowledged by the disk.
 * `sessionId` is their number, `argument` names the process.
 */
async function crowd(): Promise<void> {
  const guarded = guardedFileSystem();
  const store = new JsonlStore({ fs: guarded.fs, path: folder, durability: "disk", lockWaitMs: 60_000 });
  let count = 0;
  const appendAgain = async (): Promise<void> => {
    const session = `s${Math.floor(Math.random() * Number(sessionId))}`;
    count += 1;
    const content = `${argument}-${count}`;
    const options = count % 3 === 0 ? { idempotencyKey: content } : {};
    await store.appendMessage(session, { role: "user", content, timestamp }, options);
    const path = `${folder}/${session}.jsonl`;
    const text = readFileSync(path);
    const end = text.indexOf(10, text.indexOf(`"${content}"`)) + 1;
    const isSynced = guarded.syncedBytes(path) >= end && guarded.misuses.length === 0;
    say(isSynced ? `${session} ${content}` : `failed: ${content} is not synced ${guarded.misuses.join()}`);
    return appendAgain();
  };
  await Promise.all(Array.from({ length: 300 }, appendAgain));
}

const tasks: Record<string, () => Promise<void>> = {
  hold,
  append,
  trickle,
  stream,
  takeTurns,
  crowd,
  blob,
  newBlob,
};
tasks[task]?.().catch((error: unknown) => {
  say(`failed ${StoreError.is(error) ? error.code : String(error)}`);
  process.exitCode = 1;
});
