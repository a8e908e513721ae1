import assert from "node:assert/strict";
import type { Message } from "@mini-openclaw/protocol";
import { all, code, type PortTests, runEvents, says, sessionOf } from "./fixtures.ts";

const toolResult = {
  type: "tool_done",
  callId: "call-1",
  toolName: "bash",
  isError: false,
  timestamp: 1_767_225_600_000,
} as const;

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
  "loads the last messages of one role": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    for (const runId of ["1", "2", "3"]) {
      const { user, call, answer, end } = runEvents(runId);
      // Other messages may contain the word.
      const result = { ...toolResult, runId, id: `tool-${runId}`, output: '"role":"user"' };
      await log.record([{ ...user, content: `said ${runId}` }, call, result, answer, end]);
    }
    await log.close();
    const group = [
      says("said 4"),
      { role: "assistant", content: "yes", timestamp: 1 },
      says("said 5"),
    ] as const;
    await store.appendMessages(sessionId, group);
    await store.loadMessages(sessionId, { limit: 1 });
    const last = await store.loadMessages(sessionId, { limit: 4, role: "user" });
    const before = { limit: 4, before: last[0]?.seq ?? 0 };
    const older = await store.loadMessages(sessionId, { ...before, role: "user" });
    const tools = await store.loadMessages(sessionId, { ...before, role: "tool" });
    assert.deepEqual(
      [last, older, tools].map((messages) => messages.map(({ content }) => content)),
      [["said 2", "said 3", "said 4", "said 5"], ["said 1"], ['"role":"user"']],
    );
  },
  "assigns ascending numbers in the order of the calls, not of the timestamps": async (store) => {
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
  "returns appended messages to the last character": async (store) => {
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
  "refuses values that are no message, and saves nothing of them": async (store) => {
    const sessionId = await sessionOf(store, "webchat", "hi");
    const bad: unknown[] = [null, "hi", {}, { role: "user", content: 1, timestamp: 1 }, { role: "robot" }];
    for (const message of bad) {
      await assert.rejects(store.appendMessage(sessionId, message as Message), code("INVALID_MESSAGE"));
    }
    assert.equal((await store.loadMessages(sessionId)).length, 1);
  },
};
