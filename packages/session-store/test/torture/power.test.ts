import { expect, test } from "vitest";
import { JsonlStore } from "../../src/store/jsonl-store.ts";
import { contentsOf, runEvents, says } from "../fixtures.ts";
import { type PowerFailure, PowerFileSystem } from "../power-file-system.ts";

const path = "/data/sessions";

const failures = (["kept", "lost"] as const).flatMap((names) =>
  (["all", "none", "half", "zeros"] as const).map((bytes): PowerFailure => ({ names, bytes })),
);

function openOn(fs: PowerFileSystem, durability: "os" | "disk" = "disk"): JsonlStore {
  return new JsonlStore({ fs, path, durability, lockWaitMs: 0 });
}

/** A conversation; adds to `kept` what was acknowledged. */
async function converse(store: JsonlStore, sessionId: string, kept: string[]): Promise<void> {
  const append = async (...contents: string[]) => {
    await store.appendMessages(sessionId, contents.map(says));
    kept.push(...contents);
  };
  await append("one");
  await append("two", "three");
  await Promise.all([append("four"), append("five"), append("six")]);
  const log = await store.openLog(sessionId);
  const { user, start, chunk, answer, done, end } = runEvents();
  await log.record([user, start]);
  kept.push("hi");
  await log.record([chunk]);
  await log.record([answer, done, end]);
  kept.push("Hello");
  await log.settle();
  const again = runEvents("r2");
  await log.record([{ ...again.user, content: "hi again" }, again.start, again.chunk]);
  kept.push("hi again");
  await log.record([{ ...again.answer, content: "Hello again" }, again.done, again.end]);
  kept.push("Hello again");
  await log.settle();
  await log.close();
  await append("seven");
  await store.close();
}

test("I1: at durability disk, no power failure at any system call loses an acknowledged entry", async () => {
  const fs = new PowerFileSystem();
  const store = openOn(fs);
  const { sessionId } = await store.createSession("webchat");
  const kept: string[] = [];
  const states: { after: PowerFileSystem; kept: string[]; failure: PowerFailure }[] = [];
  fs.onChange = () => {
    for (const failure of failures) {
      states.push({ after: fs.afterPowerFailure(failure), kept: [...kept], failure });
    }
  };
  await converse(store, sessionId, kept);
  expect(kept.length).toBe(11);
  expect(states.length).toBeGreaterThan(400);

  for (const { after, kept: acknowledged, failure } of states) {
    const again = openOn(after);
    const exists = (await again.getSession(sessionId)) !== undefined;
    const found = exists ? await contentsOf(again, sessionId) : [];
    const still = found.filter((content) => acknowledged.includes(content));
    expect({ failure, still }).toEqual({ failure, still: acknowledged });
    // Groups are whole or not there.
    expect(found.includes("two")).toBe(found.includes("three"));
    if (!exists) continue;
    const { seq } = await again.appendMessage(sessionId, says("after"));
    const all: number[] = [];
    for await (const entry of again.entries(sessionId)) all.push(entry.seq);
    expect(all).toEqual([...new Set(all)].sort((left, right) => left - right));
    expect(all.at(-1)).toBe(seq);
    await again.close();
  }
}, 120_000);

test("I1: at durability disk, no power failure loses a session that is moved, or that another store began", async () => {
  const fs = new PowerFileSystem();
  const earlier = openOn(fs, "os");
  const { sessionId } = await earlier.createSession("webchat");
  await earlier.appendMessage(sessionId, says("one"));
  await earlier.close();
  const states: { after: PowerFileSystem; failure: PowerFailure; step: string }[] = [];
  let step = "";
  const store = openOn(fs);
  await store.appendMessage(sessionId, says("two"));
  fs.onChange = () => {
    for (const failure of failures) states.push({ after: fs.afterPowerFailure(failure), failure, step });
  };
  for (const move of [
    "archive",
    "unarchive",
    "delete",
    "undelete",
    "archive",
    "delete",
    "undelete",
  ] as const) {
    step = move;
    await store[`${move}Session`](sessionId);
  }
  await store.close();
  expect(states.length).toBeGreaterThan(400);

  for (const { after, failure, step: at } of states) {
    await using again = await openAgain(after);
    const isDeleted = (await again.getSession(sessionId)) === undefined;
    if (isDeleted) await again.undeleteSession(sessionId);
    expect({ failure, at, found: await contentsOf(again, sessionId) }).toEqual({
      ...{ failure, at },
      found: ["one", "two"],
    });
  }
}, 120_000);

async function openAgain(fs: PowerFileSystem): Promise<JsonlStore & AsyncDisposable> {
  const store = openOn(fs);
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}
