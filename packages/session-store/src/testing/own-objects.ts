import assert from "node:assert/strict";
import type { SessionLog, SessionStore, TodoItem } from "@mini-openclaw/protocol";
import type { PortTests } from "./fixtures.ts";

const todo: readonly TodoItem[] = [{ text: "step", state: "open" }];

/** Opens a session with a list of steps, and changes the event that the log returned. */
async function openSessionWithList(store: SessionStore): Promise<SessionLog> {
  const { sessionId } = await store.createSession("webchat");
  const log = await store.openLog(sessionId);
  const items = todo.map((item) => ({ ...item }));
  const [recorded] = await log.record([{ type: "todo_updated", runId: "r1", items, timestamp: 1 }]);
  spoil(recorded?.event);
  return log;
}

/** Changes the lists in an object that a store returned. */
function spoil(value: unknown): void {
  const { todo: steps, items } = Object(value) as { todo?: { text: string }[]; items?: { text: string }[] };
  for (const list of [steps, items]) {
    if (list?.[0]) list[0].text = "spoiled";
    list?.push({ text: "more" });
  }
}

export const ownObjectTests: PortTests = {
  async "events of a log belong to their reader"(store) {
    const log = await openSessionWithList(store);
    for (let reader = 0; reader < 3; reader += 1) {
      for await (const { event } of log.read()) {
        assert.ok(event.type === "todo_updated");
        assert.deepEqual(event.items, todo);
        spoil(event);
        break;
      }
    }
  },

  async "metas belong to their caller"(store) {
    const { sessionId } = await openSessionWithList(store);
    const reads = [
      () => store.getSession(sessionId),
      () => store.getOrCreateSession("webchat"),
      async () => (await store.listSessions()).sessions[0],
      () => store.renameSession(sessionId, "title"),
      () => store.unarchiveSession(sessionId),
    ];
    for (const read of [...reads, ...reads]) {
      const meta = await read();
      assert.deepEqual(meta?.todo, todo);
      spoil(meta);
    }
  },
};
