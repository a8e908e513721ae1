import type { SessionLog, SessionStore } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import fc from "fast-check";
import { expect, vi } from "vitest";
import { runEvents, says } from "./fixtures.ts";

/** A store, its sessions by their place, and the logs that are open. */
interface Side {
  store: SessionStore;
  ids: string[];
  logs: Map<number, SessionLog>;
  reopen: () => Promise<SessionStore>;
}

interface Command {
  name: string;
  run: (side: Side) => Promise<unknown>;
}

const place = fc.nat({ max: 3 });
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const idOf = (side: Side, at: number) => side.ids[at % side.ids.length] ?? "nobody";

/** The result of a store, without its own ids. */
function plain(side: Side, value: unknown): unknown {
  const json = JSON.stringify(value) ?? "null";
  const named = side.ids.reduce((done, id, at) => done.replaceAll(id, `session-${at}`), json);
  return JSON.parse(named.replace(/"id":"[0-9a-f-]{36}"/g, '"id":"…"')) as unknown;
}

const create = fc.constantFrom("webchat", "telegram:1").map(
  (key): Command => ({
    name: `create ${key}`,
    async run(side) {
      const { sessionId } = await side.store.createSession(key);
      side.ids.push(sessionId);
      return side.store.appendMessage(sessionId, says("first"));
    },
  }),
);

const commands = fc.oneof(
  create,
  fc.tuple(place, fc.array(text, { minLength: 1, maxLength: 3 }), fc.option(fc.constantFrom("k1", "k2"))).map(
    ([at, contents, key]): Command => ({
      name: `append ${at} ${JSON.stringify(contents)} ${key}`,
      run: (side) =>
        side.store.appendMessages(
          idOf(side, at),
          contents.map(says),
          key === null ? {} : { idempotencyKey: key },
        ),
    }),
  ),
  fc.tuple(place, fc.nat({ max: 5 })).map(
    ([at, seq]): Command => ({
      name: `append ${at} if newest is ${seq}`,
      run: (side) => side.store.appendMessage(idOf(side, at), says("expected"), { expect: { seq } }),
    }),
  ),
  fc.tuple(place, fc.boolean()).map(
    ([at, ends]): Command => ({
      name: `run in ${at}, ${ends ? "whole" : "left open"}`,
      async run(side) {
        const log = side.logs.get(at % side.ids.length) ?? (await side.store.openLog(idOf(side, at)));
        side.logs.set(at % side.ids.length, log);
        const { user, start, chunk, answer, done, end } = runEvents(`run-${log.lastSeq}`);
        const recorded = await log.record(
          ends ? [user, start, chunk, answer, done, end] : [user, start, chunk],
        );
        if (ends) await log.settle();
        else await log.close();
        if (!ends) side.logs.delete(at % side.ids.length);
        return recorded;
      },
    }),
  ),
  fc.constant<Command>({ name: "recover", run: async (side) => (await side.store.recover()).sort() }),
  ...(["archiveSession", "unarchiveSession", "deleteSession", "undeleteSession"] as const).map((method) =>
    place.map(
      (at): Command => ({
        name: `${method} ${at}`,
        async run(side) {
          const done = await side.store[method](idOf(side, at));
          if (!method.startsWith("un")) side.logs.delete(at % side.ids.length);
          return done;
        },
      }),
    ),
  ),
  fc.tuple(place, fc.nat({ max: 6 })).map(
    ([at, seq]): Command => ({
      name: `fork ${at} at ${seq}`,
      async run(side) {
        const meta = await side.store.forkSession(idOf(side, at), { at: seq });
        side.ids.push(meta.sessionId);
        return meta;
      },
    }),
  ),
  fc
    .tuple(
      place,
      text.filter((title) => title !== ""),
    )
    .map(
      ([at, title]): Command => ({
        name: `rename ${at} ${JSON.stringify(title)}`,
        run: (side) => side.store.renameSession(idOf(side, at), title),
      }),
    ),
  fc.constant<Command>({
    name: "reopen",
    async run(side) {
      for (const log of side.logs.values()) await log.close();
      side.logs.clear();
      side.store = await side.reopen();
    },
  }),
);

/** Everything that can be asked of a store. */
async function everything(side: Side): Promise<unknown> {
  const listed = [await side.store.listSessions(), await side.store.listSessions({ archived: true })];
  const sessions: unknown[] = [];
  for (const id of side.ids) {
    sessions.push(await attempt(() => side.store.loadMessages(id, { limit: 3 })));
    sessions.push(await attempt(() => side.store.loadMessages(id, { limit: 2, before: 4 })));
    sessions.push(await attempt(async () => entriesOf(side.store, id)));
    sessions.push(await side.store.getSession(id));
  }
  const keys = [
    await side.store.getOrCreateSession("webchat"),
    await side.store.getOrCreateSession("telegram:1"),
  ];
  const found = keys.map(({ sessionId }) => (side.ids.includes(sessionId) ? sessionId : "new"));
  return { listed, sessions, found };
}

async function entriesOf(store: SessionStore, id: string): Promise<unknown[]> {
  const entries: unknown[] = [];
  for await (const entry of store.entries(id)) entries.push(entry);
  return entries;
}

/** The result, or the code of the refusal. */
async function attempt(act: () => Promise<unknown>): Promise<unknown> {
  try {
    return { said: await act() };
  } catch (error) {
    return { refused: (error as { code?: unknown }).code ?? String(error) };
  }
}

/** A store that begins without sessions, and opens again with those that it has. */
export interface WalkedStore extends AsyncDisposable {
  open(): Promise<SessionStore>;
}

/** Compares a store with the memory store, after random orders of commands. */
export async function compareWithMemory(
  newStore: () => Promise<WalkedStore>,
  parameters: fc.Parameters<[Command, Command[]]>,
): Promise<void> {
  // One instant for all: what is compared does not depend on when it happened.
  vi.useFakeTimers({ toFake: ["Date"], now: 1_767_225_600_000 });
  try {
    const orders = fc.asyncProperty(create, fc.array(commands, { maxLength: 25 }), async (first, rest) => {
      await using walked = await newStore();
      const memory = createMemoryStore();
      const model: Side = { store: memory, ids: [], logs: new Map(), reopen: async () => memory };
      const real: Side = {
        store: await walked.open(),
        ids: [],
        logs: new Map(),
        reopen: async () => {
          await real.store.close();
          return walked.open();
        },
      };
      for (const command of [first, ...rest]) {
        const expected = await attempt(() => command.run(model));
        const actual = await attempt(() => command.run(real));
        expect({ [command.name]: plain(real, actual) }).toEqual({ [command.name]: plain(model, expected) });
      }
      expect(plain(real, await everything(real))).toEqual(plain(model, await everything(model)));
      await real.store.close();
    });
    await fc.assert(orders, parameters);
  } finally {
    vi.useRealTimers();
  }
}
