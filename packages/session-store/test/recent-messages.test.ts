import type { MessageEntry } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { openSessionStore } from "../src/index.ts";
import { RecentMessages } from "../src/recent-messages.ts";
import { temporaryFolder } from "./temporary-folder.ts";

function message(seq: number, content = `message ${seq}`): MessageEntry {
  return { seq, id: `id-${seq}`, role: "user", content, timestamp: seq };
}

function seqs(messages: readonly MessageEntry[] | undefined) {
  return messages?.map(({ seq }) => seq);
}

test("knows nothing before the first read was put in", () => {
  const recent = new RecentMessages();
  recent.add([message(1)]);

  expect(recent.last(1)).toBeUndefined();
});

test("follows what is added after a read", () => {
  const recent = new RecentMessages();
  recent.fill([message(1), message(2)], { limit: 2, added: recent.added });
  recent.add([message(3), undefined, { type: "session_updated", seq: 4, timestamp: 4 }]);

  expect(seqs(recent.last(2))).toEqual([2, 3]);
  expect(recent.last(4)).toBeUndefined();
});

test("knows that a session has no other messages", () => {
  const recent = new RecentMessages();
  recent.fill([], { limit: 50, added: 0 });
  recent.add([message(1)]);

  expect(seqs(recent.last(50))).toEqual([1]);
});

test("does not take a read that was overtaken by an append for the newest", () => {
  const recent = new RecentMessages();
  const { added } = recent;
  recent.add([message(2)]);
  recent.fill([message(1)], { limit: 50, added });

  expect(recent.last(1)).toBeUndefined();
});

test("keeps at most 200 messages and 1 MiB of text, the newest", () => {
  const recent = new RecentMessages();
  recent.fill([], { limit: 1, added: 0 });
  recent.add(Array.from({ length: 300 }, (_, index) => message(index + 1)));
  expect(seqs(recent.last(200))?.[0]).toBe(101);
  expect(recent.last(201)).toBeUndefined();

  recent.add([message(301, "x".repeat(1_048_000))]);
  expect(seqs(recent.last(1))).toEqual([301]);
  expect(recent.last(100)).toBeUndefined();
});

test("a store gives the same messages from memory as from the file, whoever appends", async () => {
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
