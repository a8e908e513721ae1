import type { SessionLog, SessionStore, TodoItem } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createMemoryStore } from "../src/index.ts";
import { openStore } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const todo: readonly TodoItem[] = [{ text: "step", state: "open" }];

/** A session with a list of steps, whose caller changed the event that the log returned. */
async function sessionWithList(store: SessionStore): Promise<SessionLog> {
  const { sessionId } = await store.createSession("webchat");
  const log = await store.openLog(sessionId);
  const items = todo.map((item) => ({ ...item }));
  const [recorded] = await log.record([{ type: "todo_updated", runId: "r1", items, timestamp: 1 }]);
  spoil(recorded?.event);
  return log;
}

/** Changes what a caller may change: its own objects. */
function spoil(value: unknown): void {
  const { todo: steps, items } = value as { todo?: { text: string }[]; items?: { text: string }[] };
  for (const list of [steps, items]) {
    if (list?.[0]) list[0].text = "spoiled";
    list?.push({ text: "more" });
  }
}

async function firstEvent(log: SessionLog): Promise<unknown> {
  for await (const { event } of log.read()) return event;
  return undefined;
}

async function* stores() {
  yield createMemoryStore();
  await using folder = await temporaryFolder();
  await using store = await openStore(folder.path);
  yield store;
}

describe("what both stores return is the caller's own", () => {
  test("events of a log", async () => {
    for await (const store of stores()) {
      const log = await sessionWithList(store);
      for (let reader = 0; reader < 3; reader += 1) {
        const event = await firstEvent(log);
        expect(event).toMatchObject({ type: "todo_updated", items: todo });
        spoil(event);
      }
    }
  });

  test("metas of a session", async () => {
    for await (const store of stores()) {
      const { sessionId } = await sessionWithList(store);
      const reads = [
        () => store.getSession(sessionId),
        () => store.getOrCreateSession("webchat"),
        async () => (await store.listSessions()).sessions[0],
        () => store.renameSession(sessionId, "title"),
        () => store.unarchiveSession(sessionId),
      ];
      for (const read of [...reads, ...reads]) {
        const meta = await read();
        expect(meta?.todo).toEqual(todo);
        spoil(meta);
      }
    }
  });
});
