import type { Message, SessionEvent, SessionStore } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createMemoryStore, lockFolder, openSessionStore, StoreError } from "../src/index.ts";
import { runEvents, says } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Values of every type of JavaScript. */
const values: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  1n,
  "",
  "1",
  "a\0b",
  "../x",
  "x".repeat(10_000),
  Symbol("s"),
  () => {},
  {},
  [],
  [null],
  new Date(0),
  {
    role: "user",
    timestamp: 1,
    get content(): string {
      throw new Error("no content");
    },
  },
];

async function readAll(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

type Call = (store: SessionStore, id: string, value: never) => unknown;

const calls: Record<string, Call> = {
  "the id of a session": (store, _, value) => store.getSession(value),
  "the id of a session that is deleted": (store, _, value) => store.deleteSession(value),
  "the id of entries": (store, _, value) => readAll(store.entries(value)),
  "the id of a log": (store, _, value) => store.openLog(value),
  "the key of a session": (store, _, value) => store.createSession(value),
  "an owner": (store, _, owner) => store.createSession("k", { owner }),
  "a title": (store, id, value) => store.renameSession(id, value),
  "a message": (store, id, value) => store.appendMessage(id, value),
  "a message in a group": (store, id, value) => store.appendMessages(id, [says("x"), value]),
  "a message under a key": (store, id, value) => store.appendMessage(id, value, { idempotencyKey: "i" }),
  messages: (store, id, value) => store.appendMessages(id, value),
  "the options of an append": (store, id, value) => store.appendMessage(id, says("x"), value),
  "an idempotency key": (store, id, idempotencyKey) => store.appendMessage(id, says("x"), { idempotencyKey }),
  "an expectation": (store, id, expected) => store.appendMessage(id, says("x"), { expect: expected }),
  "an expected number": (store, id, seq) => store.appendMessage(id, says("x"), { expect: { seq } }),
  "a durability": (store, id, durability) => store.appendMessage(id, says("x"), { durability }),
  "the limit of a page of messages": (store, id, limit) => store.loadMessages(id, { limit }),
  "the end of a page of messages": (store, id, before) => store.loadMessages(id, { before }),
  "the role of messages": (store, id, role) => store.loadMessages(id, { role }),
  "the start of entries": (store, id, after) => readAll(store.entries(id, { after })),
  "the limit of a list": (store, _, limit) => store.listSessions({ limit }),
  "the cursor of a list": (store, _, cursor) => store.listSessions({ cursor }),
  "the key of a list": (store, _, key) => store.listSessions({ key }),
  "the prefix of a list": (store, _, keyPrefix) => store.listSessions({ keyPrefix }),
  "the text of a search": (store, _, value) => readAll(store.searchSessions(value)),
  "the cursor of a search": (store, _, cursor) => readAll(store.searchSessions("x", { cursor })),
  "the signal of a search": (store, _, signal) => readAll(store.searchSessions("x", { signal })),
  "the end of a fork": (store, id, at) => store.forkSession(id, { at }),
  "the key of a fork": (store, id, key) => store.forkSession(id, { key }),
  "the id of a blob": (store, id, value) => store.loadBlob?.(id, value),
  "the events of a log": (store, id, value) => withLog(store, id, (log) => log.record(value)),
  "an event of a log": (store, id, value) => withLog(store, id, (log) => log.record([value])),
  "the bytes of a blob": (store, id, value) => withLog(store, id, (log) => log.saveBlob?.(value)),
  "the options of a reader": (store, id, value) =>
    withLog(store, id, async (log) => {
      const reading = log.read(value);
      await reading[Symbol.asyncIterator]().next();
      await reading[Symbol.asyncIterator]().return?.();
    }),
};

async function withLog(
  store: SessionStore,
  id: string,
  use: (log: Awaited<ReturnType<SessionStore["openLog"]>>) => unknown,
): Promise<void> {
  const log = await store.openLog(id);
  try {
    await log.record([runEvents().start]);
    await use(log);
  } finally {
    await log.close();
  }
}

/** Returns `accepted`, or the code of the refusal. Fails for an error of another class. */
async function outcomeOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return "accepted";
  } catch (error) {
    if (StoreError.is(error)) return error.code;
    throw error;
  }
}

/** Returns the outcomes of all values in both stores. */
async function outcomesOf(call: Call): Promise<string[][]> {
  await using folder = await temporaryFolder();
  const outcomes: string[][] = [];
  for (const store of [await openSessionStore(folder.path), createMemoryStore()]) {
    const outcomesOfOne: string[] = [];
    for (const value of values) {
      const { sessionId } = await store.createSession("k");
      await store.appendMessage(sessionId, says("first"));
      outcomesOfOne.push(await outcomeOf(() => call(store, sessionId, value as never)));
    }
    await store.close();
    outcomes.push(outcomesOfOne);
  }
  return outcomes;
}

describe("a value of any type is accepted, or refused with the same code by both stores", () => {
  test.each(Object.entries(calls))("as %s", async (_, call) => {
    const [onFiles, inMemory] = await outcomesOf(call);
    expect(onFiles).toEqual(inMemory);
  });
});

test("a piece of text keeps the fields of a piece only", async () => {
  await using folder = await temporaryFolder();
  for (const store of [await openSessionStore(folder.path), createMemoryStore()]) {
    const { sessionId } = await store.createSession("k");
    const log = await store.openLog(sessionId);
    const piece = { type: "chunk", runId: "r", messageId: "m", content: "Hi" } as const;
    const given = { ...piece, added: 1n, toJSON: () => "another text" };
    const [recorded] = await log.record([given]);
    expect(recorded?.event).toStrictEqual({ ...piece, sessionId, seq: 1 });
    expect(JSON.parse(recorded?.json ?? "")).toStrictEqual(recorded?.event);
    await log.close();
    await store.close();
  }
});

test("a message or an event that throws when it is read is refused by both stores", async () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  await using folder = await temporaryFolder();
  for (const store of [await openSessionStore(folder.path), createMemoryStore()]) {
    const { sessionId } = await store.createSession("k");
    const refusal = expect.objectContaining({ code: "INVALID_MESSAGE" });
    await expect(store.appendMessage(sessionId, proxy as Message)).rejects.toEqual(refusal);
    await store.appendMessage(sessionId, says("first"));
    const log = await store.openLog(sessionId);
    expect(() => log.record([proxy as SessionEvent])).toThrow(refusal);
    await store.close();
  }
});

test("lockFolder refuses every value but a path", () => {
  for (const value of values) {
    if (typeof value === "string" && value !== "") continue;
    expect(() => lockFolder(value as string)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  }
});

/** An object of so many levels. */
function nested(levels: number): Record<string, unknown> {
  let value: unknown = "x";
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? { value } : [value];
  return { value };
}

const callWith = (input: Record<string, unknown>): Message => ({
  role: "assistant",
  content: "",
  timestamp: 1,
  toolCalls: [{ callId: "c", toolName: "t", input }],
});

describe.each([
  ["on files", (folder: string) => openSessionStore(folder)],
  ["in memory", () => Promise.resolve(createMemoryStore())],
])("a store %s", (_, open) => {
  test("refuses a value that is nested too deeply, and keeps one of 900 levels", async () => {
    await using folder = await temporaryFolder();
    const store = await open(folder.path);
    const { sessionId } = await store.createSession("k");
    await store.appendMessage(sessionId, callWith(nested(900)));
    const fork = await store.forkSession(sessionId);
    expect(await store.loadMessages(fork.sessionId)).toMatchObject([callWith(nested(900))]);
    const log = await store.openLog(sessionId);
    for (const levels of [1_100, 5_000, 200_000]) {
      const input = nested(levels);
      await expect(store.appendMessage(sessionId, callWith(input))).rejects.toMatchObject({
        code: "INVALID_MESSAGE",
      });
      const event: SessionEvent = { type: "tool_start", runId: "r", callId: "c", toolName: "t", input };
      expect(() => log.record([event])).toThrow(expect.objectContaining({ code: "INVALID_MESSAGE" }));
    }
    await log.close();
    expect((await store.loadMessages(sessionId)).length).toBe(1);
    await store.close();
  });
});
