import { expect, test } from "vitest";
import { IndexedSessions } from "../src/listing/indexed-sessions.ts";

/** An entry of a session that was created at that time. */
function entry(sessionId: string, key: string, createdAt: number, archived?: true) {
  const times = { createdAt, updatedAt: createdAt };
  return { sessionId, key, ...times, messageCount: 1, lastSeq: 1, ...(archived && { archived }) };
}

test("forgets the keys of removed sessions, and none that has a session", () => {
  const sessions = new IndexedSessions();
  sessions.set(entry("older", "both", 1));
  sessions.set(entry("newer", "both", 2));
  sessions.remove("newer");
  sessions.set(entry("archived", "kept", 3, true));
  sessions.set(entry("first", "first", 4));
  sessions.remove("first");

  expect(sessions.latestCreation("first")).toBe(4);
  // Each visitor of a public page may have a key.
  for (let visitor = 0; visitor < 5_000; visitor += 1) {
    sessions.set(entry(`session-${visitor}`, `key-${visitor}`, 5));
    sessions.remove(`session-${visitor}`);
  }

  expect(sessions.latestCreation("first")).toBe(0);
  expect(sessions.newestOf("first")).toBeUndefined();
  expect(sessions.newestOf("both")?.sessionId).toBe("older");
  expect(sessions.latestCreation("both")).toBe(2);
  expect(sessions.latestCreation("kept")).toBe(3);
});
