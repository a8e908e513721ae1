import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { SessionStore } from "@mini-openclaw/protocol";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type FileSystem, nodeFileSystem } from "../../src/files/file-system.ts";
import { createMemoryStore } from "../../src/index.ts";
import { JsonlStore } from "../../src/store/jsonl-store.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { rounds } from "./rounds.ts";

const WALKS = rounds({ short: 25, long: 1_000 });
const START = 1_767_225_600_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: START }));
afterEach(() => void vi.useRealTimers());

/** Both stores, and the ids of the same session in each. */
interface Walk {
  folder: string;
  path: string;
  jsonl: SessionStore;
  readonly memory: SessionStore;
  readonly ids: [jsonl: string, memory: string][];
  /** Names of files that may not be opened. */
  readonly forbidden: Set<string>;
  time: number;
}

type Step = (walk: Walk) => Promise<void>;

function open(walk: Walk): SessionStore {
  const fs: FileSystem = {
    ...nodeFileSystem,
    open(path, flags) {
      if (!walk.forbidden.has(path.slice(path.lastIndexOf("/") + 1))) return nodeFileSystem.open(path, flags);
      throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    },
  };
  return new JsonlStore({ fs, path: walk.path, durability: "os", lockWaitMs: 0 });
}

/** The result of a call, or the code of its refusal. */
async function outcomeOf<T>(call: Promise<T>): Promise<{ value: T } | { code: unknown }> {
  try {
    return { value: await call };
  } catch (error) {
    return { code: (error as { code?: unknown }).code };
  }
}

/** Does the same in both stores, and expects the same refusal. */
function both(act: (store: SessionStore, id: string) => Promise<unknown>, at: number): Step {
  return async ({ jsonl, memory, ids }) => {
    const [left, right] = ids[at % ids.length] ?? ["nobody", "nobody"];
    const [one, other] = [await outcomeOf(act(jsonl, left)), await outcomeOf(act(memory, right))];
    expect("code" in one ? one.code : undefined).toBe("code" in other ? other.code : undefined);
  };
}

const isCache = (name: string) => name.endsWith(".meta.json") || name === "sessions.index";

async function reopen(walk: Walk, change: () => void = () => {}): Promise<void> {
  await walk.jsonl.close();
  change();
  walk.jsonl = open(walk);
}

const at = fc.nat({ max: 4 });

/** Calls of the store. */
const calls = fc.oneof(
  fc.constantFrom("a", "b").map(
    (key): Step =>
      async (walk) => {
        const message = { role: "user", content: `hello ${walk.ids.length}`, timestamp: walk.time } as const;
        const pair = [await walk.jsonl.createSession(key), await walk.memory.createSession(key)] as const;
        walk.ids.push([pair[0].sessionId, pair[1].sessionId]);
        await walk.jsonl.appendMessage(pair[0].sessionId, message);
        await walk.memory.appendMessage(pair[1].sessionId, message);
      },
  ),
  fc.tuple(at, fc.integer({ min: -9, max: 9 })).map(([one, hours]) =>
    both((store, id) => {
      const timestamp = Date.now() + hours * 3_600_000;
      return store.appendMessage(id, { role: "user", content: "more", timestamp });
    }, one),
  ),
  at.map((one) => both((store, id) => store.renameSession(id, `title ${one}`), one)),
  at.map((one) => both((store, id) => store.archiveSession(id), one)),
  at.map((one) => both((store, id) => store.unarchiveSession(id), one)),
  at.map((one) => both((store, id) => store.deleteSession(id), one)),
  at.map((one) => both((store, id) => store.undeleteSession(id), one)),
);

/** Changes around the store, which must change nothing in it. */
const disturbances = fc.oneof(
  fc.integer({ min: -72, max: 72 }).map(
    (hours): Step =>
      async (walk) => {
        walk.time += hours * 3_600_000;
      },
  ),
  fc.constant<Step>((walk) => reopen(walk)),
  fc.constant<Step>((walk) =>
    reopen(walk, () => {
      for (const name of readdirSync(walk.path))
        if (isCache(name)) rmSync(join(walk.path, name), { recursive: true });
    }),
  ),
  fc.constant<Step>((walk) =>
    reopen(walk, () => {
      for (const name of readdirSync(walk.path)) {
        if (!name.endsWith(".meta.json")) continue;
        rmSync(join(walk.path, name), { recursive: true });
        mkdirSync(join(walk.path, name));
      }
    }),
  ),
  fc.constantFrom("sessions.index", "owner.lock").map(
    (name): Step =>
      async (walk) => {
        walk.forbidden.add(name);
        await reopen(walk);
        walk.forbidden.clear();
      },
  ),
  fc.constant<Step>((walk) =>
    reopen(walk, () => {
      const moved = join(walk.folder, `moved-${walk.time}-${Math.random()}`);
      renameSync(join(walk.folder, "current"), moved);
      symlinkSync(moved, join(walk.folder, "current"));
    }),
  ),
  fc.constant<Step>(async ({ path }) => rmSync(join(path, "live"), { recursive: true, force: true })),
);

/** The sessions of a store by their positions in the walk. */
async function stateOf(walk: Walk, side: 0 | 1): Promise<unknown> {
  const store = side === 0 ? walk.jsonl : walk.memory;
  const number = (id: string) => walk.ids.findIndex((pair) => pair[side] === id);
  const state: unknown[] = [];
  for (const archived of [false, true]) {
    const { sessions } = await store.listSessions({ archived, limit: 1_000 });
    for (const { sessionId, key, title, messageCount, updatedAt } of sessions) {
      const messages = await store.loadMessages(sessionId);
      const contents = messages.map(({ content }) => content);
      state.push({ archived, at: number(sessionId), key, title, messageCount, updatedAt, contents });
    }
  }
  for (const key of ["a", "b"]) {
    const { sessions } = await store.listSessions({ key, limit: 1 });
    if (sessions.length > 0) state.push(number((await store.getOrCreateSession(key)).sessionId));
  }
  return state;
}

test(`${WALKS} random walks over clocks, permissions, links and moves end as in the memory store`, async () => {
  const steps = fc.array(fc.oneof({ weight: 3, arbitrary: calls }, disturbances), {
    minLength: 10,
    maxLength: 30,
  });
  const property = fc.asyncProperty(steps, async (walkSteps) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "current");
    mkdirSync(path);
    const memory = createMemoryStore();
    const base = { folder: folder.path, path, memory, ids: [], forbidden: new Set<string>(), time: START };
    const walk: Walk = { ...base, jsonl: memory };
    walk.jsonl = open(walk);
    for (const step of walkSteps) {
      walk.time += 1_001;
      vi.setSystemTime(walk.time);
      await step(walk);
      expect(await stateOf(walk, 0)).toEqual(await stateOf(walk, 1));
    }
    await walk.jsonl.close();
  });
  await fc.assert(property, { numRuns: WALKS });
}, 1_200_000);
