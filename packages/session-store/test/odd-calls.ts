import type { SessionStore } from "@mini-openclaw/protocol";
import { StoreError } from "../src/index.ts";
import { runEvents, says } from "./fixtures.ts";

/** Values of every type of JavaScript. */
export const values: readonly unknown[] = [
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

export type Call = (store: SessionStore, id: string, value: never) => unknown;

/** The calls of a store that take a value. */
export const calls: Record<string, Call> = {
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

/** Returns the outcomes of a call with each value. */
export async function outcomesOf(store: SessionStore, call: Call): Promise<string[]> {
  const outcomes: string[] = [];
  for (const value of values) {
    const { sessionId } = await store.createSession("k");
    await store.appendMessage(sessionId, says("first"));
    outcomes.push(await outcomeOf(() => call(store, sessionId, value as never)));
  }
  return outcomes;
}
