import assert from "node:assert/strict";
import type { Message } from "@mini-openclaw/protocol";
import { all, code, type PortTests, says, sessionOf } from "./fixtures.ts";

export const messageTests: PortTests = {
  "loads the last messages, oldest first, and pages backwards": async (store) => {
    const sessionId = await sessionOf(store, "webchat", "1", "2", "3", "4", "5");
    const last = await store.loadMessages(sessionId, { limit: 2 });
    assert.deepEqual(
      last.map(({ content }) => content),
      ["4", "5"],
    );
    const before = await store.loadMessages(sessionId, { limit: 2, before: last[0]?.seq ?? 0 });
    assert.deepEqual(
      before.map(({ content }) => content),
      ["2", "3"],
    );
  },
  "gives ascending numbers in the order of the calls, whatever the time stamps say": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const entries = await Promise.all(
      [5, 1, 3].map((timestamp) => store.appendMessage(sessionId, says(`at ${timestamp}`, timestamp))),
    );
    assert.deepEqual(
      entries.map(({ seq }) => seq),
      [1, 2, 3],
    );
    assert.deepEqual(await store.loadMessages(sessionId), entries);
  },
  "streams every entry after a number": async (store) => {
    const sessionId = await sessionOf(store, "webchat", "1", "2", "3");
    const entries = await all(store.entries(sessionId, { after: 1 }));
    assert.deepEqual(
      entries.map(({ seq }) => seq),
      [2, 3],
    );
  },
  "gives back what was appended, to the last character": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const input = JSON.parse('{"__proto__":{"polluted":1},"constructor":"x","path":"C:\\\\temp"}') as Record<
      string,
      unknown
    >;
    const messages: Message[] = [
      says("你好 👋 \u2028 \u2029 \u0000 \ud83d \ufeff \r\n \\n"),
      { role: "assistant", content: "", timestamp: 1, toolCalls: [{ callId: "c", toolName: "bash", input }] },
      { role: "tool", callId: "c", toolName: "bash", content: "total 0", isError: false, timestamp: 2 },
      { role: "system", content: "x".repeat(300_000), timestamp: 3 },
    ];
    for (const message of messages) await store.appendMessage(sessionId, message);
    const loaded = await store.loadMessages(sessionId);
    assert.deepEqual(
      loaded.map(({ seq: _seq, id: _id, ...message }) => message),
      messages,
    );
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  },
  "refuses what is no message, and keeps nothing of it": async (store) => {
    const sessionId = await sessionOf(store, "webchat", "hi");
    const bad: unknown[] = [null, "hi", {}, { role: "user", content: 1, timestamp: 1 }, { role: "robot" }];
    for (const message of bad) {
      await assert.rejects(store.appendMessage(sessionId, message as Message), code("INVALID_MESSAGE"));
    }
    assert.equal((await store.loadMessages(sessionId)).length, 1);
  },
};
