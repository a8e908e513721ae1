import type { MessageEntry } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { openSessionStore } from "../src/index.ts";
import { RecentMessages } from "../src/recent/recent-messages.ts";
import { temporaryFolder } from "./temporary-folder.ts";

function message(seq: number, content = `message ${seq}`): MessageEntry {
  return { seq, id: `id-${seq}`, role: "user", content, timestamp: seq };
}

function seqs(messages: readonly MessageEntry[] | undefined) {
  return messages?.map(({ seq }) => seq);
}

/** Reads through. `wasRead` is true if the file had to be read. `stored` are its messages. */
async function readThrough(recent: RecentMessages, limit: number, stored: readonly MessageEntry[] = []) {
  let wasRead = false;
  const messages = await recent.readThrough(limit, async () => {
    wasRead = true;
    return stored.slice(-limit);
  });
  return { seqs: seqs(messages), wasRead };
}

test("reads the file before the first read", async () => {
  const recent = new RecentMessages();
  recent.add([message(1)]);

  expect(await readThrough(recent, 1, [message(1)])).toEqual({ seqs: [1], wasRead: true });
  expect(await readThrough(recent, 1)).toEqual({ seqs: [1], wasRead: false });
});

test("holds what is added after a read", async () => {
  const recent = new RecentMessages();
  await readThrough(recent, 2, [message(1), message(2)]);
  recent.add([message(3), undefined, { type: "session_updated", seq: 4, timestamp: 4 }]);

  expect(await readThrough(recent, 2)).toEqual({ seqs: [2, 3], wasRead: false });
  expect((await readThrough(recent, 4)).wasRead).toBe(true);
});

test("holds all messages of a session that has no others", async () => {
  const recent = new RecentMessages();
  await readThrough(recent, 50);
  recent.add([message(1)]);

  expect(await readThrough(recent, 50)).toEqual({ seqs: [1], wasRead: false });
});

test("does not hold a read that an append overtook", async () => {
  const recent = new RecentMessages();
  await recent.readThrough(2, async () => {
    recent.add([message(3)]);
    return [message(1), message(2)];
  });

  expect((await readThrough(recent, 1)).wasRead).toBe(true);
});

test("keeps at most 200 messages and 1 MiB of text, the newest", async () => {
  const recent = new RecentMessages();
  await readThrough(recent, 1);
  recent.add(Array.from({ length: 300 }, (_, index) => message(index + 1)));
  expect((await readThrough(recent, 200)).seqs?.[0]).toBe(101);
  expect((await readThrough(recent, 201)).wasRead).toBe(true);

  recent.add([message(301, "x".repeat(1_048_000))]);
  expect(await readThrough(recent, 1)).toEqual({ seqs: [301], wasRead: false });
  expect((await readThrough(recent, 100)).wasRead).toBe(true);
});

test("changes of the caller do not reach the store", async () => {
  const recent = new RecentMessages();
  await readThrough(recent, 1);
  recent.add([message(1, "as it was")]);
  const [first] = await recent.readThrough(1, async () => []);
  if (first) first.content = "changed";

  expect((await recent.readThrough(1, async () => []))[0]?.content).toBe("as it was");
});

test("returns the same messages from memory as from the file", async () => {
  await using folder = await temporaryFolder();
  const store = await openSessionStore(folder.path);
  const { sessionId } = await store.createSession("webchat");
  const log = await store.openLog(sessionId);
  for (let round = 0; round < 5; round += 1) {
    await log.record([{ type: "user_message", runId: "r", id: `u${round}`, content: "log", timestamp: 1 }]);
    const fromMemory = await store.loadMessages(sessionId, { limit: 4 });
    await store.appendMessage(sessionId, { role: "user", content: "append", timestamp: 2 });
    const reader = await openSessionStore(folder.path);
    expect(await store.loadMessages(sessionId, { limit: 4 })).toEqual(
      await reader.loadMessages(sessionId, { limit: 4 }),
    );
    expect(fromMemory.at(-1)).toMatchObject({ content: "log" });
    await reader.close();
  }
  await store.close();
});
