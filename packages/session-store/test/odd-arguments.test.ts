import type { Message, SessionEvent } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createMemoryStore, lockFolder, openSessionStore } from "../src/index.ts";
import { says } from "./fixtures.ts";
import { calls, outcomesOf, values } from "./odd-calls.ts";
import { temporaryFolder } from "./temporary-folder.ts";

describe("a value of any type is accepted, or refused with the same code by both stores", () => {
  test.each(Object.entries(calls))("as %s", async (_, call) => {
    await using folder = await temporaryFolder();
    const onFiles = await openSessionStore(folder.path);
    const inMemory = createMemoryStore();
    expect(await outcomesOf(onFiles, call)).toEqual(await outcomesOf(inMemory, call));
    await onFiles.close();
  });
});

test("a piece of text keeps the fields of a piece only", async () => {
  await using folder = await temporaryFolder();
  for (const store of [await openSessionStore(folder.path), createMemoryStore()]) {
    const { sessionId } = await store.createSession("k");
    const log = await store.openLog(sessionId);
    const piece = { type: "chunk", runId: "r", messageId: "m", content: "Hi" } as const;
    const given = { ...piece, added: 1n, toJSON: () => "another text" };
    const [recorded] = await log.record([given]);
    expect(recorded?.event).toStrictEqual({ ...piece, sessionId, seq: 1 });
    expect(JSON.parse(recorded?.json ?? "")).toStrictEqual(recorded?.event);
    await log.close();
    await store.close();
  }
});

test("a message or an event that throws when it is read is refused by both stores", async () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  await using folder = await temporaryFolder();
  for (const store of [await openSessionStore(folder.path), createMemoryStore()]) {
    const { sessionId } = await store.createSession("k");
    const refusal = expect.objectContaining({ code: "INVALID_MESSAGE" });
    await expect(store.appendMessage(sessionId, proxy as Message)).rejects.toEqual(refusal);
    await store.appendMessage(sessionId, says("first"));
    const log = await store.openLog(sessionId);
    expect(() => log.record([proxy as SessionEvent])).toThrow(refusal);
    await store.close();
  }
});

test("lockFolder refuses every value but a path", () => {
  for (const value of values) {
    if (typeof value === "string" && value !== "") continue;
    expect(() => lockFolder(value as string)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  }
});

/** An object of so many levels. */
function nested(levels: number): Record<string, unknown> {
  let value: unknown = "x";
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? { value } : [value];
  return { value };
}

const callWith = (input: Record<string, unknown>): Message => ({
  role: "assistant",
  content: "",
  timestamp: 1,
  toolCalls: [{ callId: "c", toolName: "t", input }],
});

describe.each([
  ["on files", (folder: string) => openSessionStore(folder)],
  ["in memory", () => Promise.resolve(createMemoryStore())],
])("a store %s", (_, open) => {
  test("refuses a value that is nested too deeply, and keeps one of 900 levels", async () => {
    await using folder = await temporaryFolder();
    const store = await open(folder.path);
    const { sessionId } = await store.createSession("k");
    await store.appendMessage(sessionId, callWith(nested(900)));
    const fork = await store.forkSession(sessionId);
    expect(await store.loadMessages(fork.sessionId)).toMatchObject([callWith(nested(900))]);
    const log = await store.openLog(sessionId);
    for (const levels of [1_100, 5_000, 200_000]) {
      const input = nested(levels);
      await expect(store.appendMessage(sessionId, callWith(input))).rejects.toMatchObject({
        code: "INVALID_MESSAGE",
      });
      const event: SessionEvent = { type: "tool_start", runId: "r", callId: "c", toolName: "t", input };
      expect(() => log.record([event])).toThrow(expect.objectContaining({ code: "INVALID_MESSAGE" }));
    }
    await log.close();
    expect((await store.loadMessages(sessionId)).length).toBe(1);
    await store.close();
  });
});
