import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SessionStore } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createMemoryStore, lockFolder, openSessionStore } from "../src/index.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test.each([
  [
    ["./data", { durabilty: "disk" }],
    "`durabilty` is no option of `openSessionStore`. Its options are durability, lockWaitMs, onFailure." +
      " The closest is `durability`.",
  ],
  [[42], "`folder` must be a string that is not empty, got 42."],
  [["./data", { onFailure: "print" }], '`onFailure` must be a function, got "print".'],
  [["./data", null], "`options` must be an object, got null."],
  [[""], '`folder` must be a string that is not empty, got "".'],
  [["a\0b"], '`folder` must be a path without NUL characters, got "a\\u0000b".'],
])("openSessionStore(...%o) is refused by name", async (given, message) => {
  const open = openSessionStore as (...options: unknown[]) => Promise<unknown>;

  await expect(open(...given)).rejects.toMatchObject({ code: "INVALID_OPTION", message });
});

test("openSessionStore rejects a file, and a folder below a file", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "package.json");
  writeFileSync(file, "{}");

  for (const path of [file, join(file, "sessions")]) {
    await expect(openSessionStore(path)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: `\`folder\` must be a folder, got ${path}, which is a file or below one.`,
    });
  }
});

// A virtual file system, where no folder can be created: ENOENT instead of a refusal.
test.runIf(existsSync("/proc/self"))("rejects a folder that its file system does not create", async () => {
  for (const path of ["/proc/none", "/proc/none/below"]) {
    await expect(writeOnce(path)).rejects.toMatchObject({ name: "StoreError" });
    expect(() => lockFolder(path)).toThrow(
      `Cannot create the folder ${path}: ENOENT: no such file or directory.`,
    );
  }
});

test("rejects a folder below a link to nowhere", async () => {
  await using folder = await temporaryFolder();
  symlinkSync(join(folder.path, "nowhere"), join(folder.path, "link"));

  await expect(writeOnce(join(folder.path, "link", "sessions"))).rejects.toMatchObject({
    name: "StoreError",
  });
});

async function writeOnce(path: string): Promise<void> {
  const store = await openSessionStore(path);
  const { sessionId } = await store.createSession("webchat");
  await store.appendMessage(sessionId, { role: "user", content: "hi", timestamp: 1 });
}

/** Reads all of an iteration. */
async function readAll(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

type Call = (store: SessionStore, sessionId: string, options: never) => Promise<unknown>;

const calls: [method: string, call: Call, options: object, message: string][] = [
  [
    "getOrCreateSession",
    (store, _, options) => store.getOrCreateSession("k", options),
    { ownr: "a" },
    "ownr",
  ],
  ["createSession", (store, _, options) => store.createSession("k", options), { key: "a" }, "key"],
  ["getSession", (store, id, options) => store.getSession(id, options), { archived: true }, "archived"],
  ["getSession", (store, id, options) => store.getSession(id, options), { deleted: "yes" }, "deleted"],
  ["listSessions", (store, _, options) => store.listSessions(options), { limt: 5 }, "limt"],
  ["listSessions", (store, _, options) => store.listSessions(options), { archived: "yes" }, "archived"],
  ["forkSession", (store, id, options) => store.forkSession(id, options), { seq: 1 }, "seq"],
  [
    "searchSessions",
    (store, _, options) => readAll(store.searchSessions("x", options)),
    { limit: 1 },
    "limit",
  ],
  [
    "searchSessions",
    (store, _, options) => readAll(store.searchSessions("x", options)),
    { archived: 1 },
    "archived",
  ],
  ["loadMessages", (store, id, options) => store.loadMessages(id, options), { after: 1 }, "after"],
  ["loadMessages", (store, id, options) => store.loadMessages(id, options), { role: "assistent" }, "role"],
  ["entries", (store, id, options) => readAll(store.entries(id, options)), { before: 1 }, "before"],
  [
    "appendMessages",
    (store, id, options) => store.appendMessages(id, [], options),
    { durabilty: "os" },
    "durabilty",
  ],
  ["listSessions", (store, _, options) => store.listSessions(options), [], "options"],
];

describe.each([
  ["memory", async () => createMemoryStore()],
  ["files", (path: string) => openSessionStore(path)],
])("the store in %s", (_, open) => {
  test.each(calls)(
    "%s rejects an unknown or bad option by name: %#",
    async (_method, call, options, name) => {
      await using folder = await temporaryFolder();
      const store = await open(folder.path);
      const { sessionId } = await store.getOrCreateSession("k", {});
      await store.appendMessage(sessionId, { role: "user", content: "x", timestamp: 1 });

      await expect(call(store, sessionId, options as never)).rejects.toMatchObject({
        code: "INVALID_OPTION",
        message: expect.stringContaining(`\`${name}\``),
      });
      await store.close();
    },
  );
});
