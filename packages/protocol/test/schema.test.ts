import type * as v from "valibot";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { ClientEvent, Entry, Message, ServerEvent, SessionHeader } from "../src/index.ts";
import { defaultLimits, toEntry } from "../src/index.ts";
import type { clientEventSchemas } from "../src/schema/commands.ts";
import type { MessageSchema } from "../src/schema/messages.ts";
import type { MessageEntrySchema, RecordEntrySchema, SessionHeaderSchema } from "../src/schema/transcript.ts";
import type { ServerEventSchema } from "../src/schema/wire.ts";
import { checkLine, checkMessage, parseClientEvent, parseServerEvent } from "../src/schema.ts";
import { keptEvents, liveEvents, numbered } from "./samples.ts";

describe("parseClientEvent", () => {
  test.each<ClientEvent>([
    { type: "message", content: "hi" },
    { type: "message", content: "hi", sessionId: "s-1", id: "q1" },
    { type: "ping" },
    { type: "create", id: "q2" },
    { type: "abort", sessionId: "s-1", runId: "r-1" },
    { type: "history", sessionId: "s-1", before: 12, limit: 200 },
    { type: "resume", sessionId: "s-1", epoch: "0", after: 0 },
    { type: "message", content: "hi", mode: "steer" },
    { type: "search", text: "hi", limit: 5 },
    { type: "rename", sessionId: "s-1", title: "New" },
    { type: "fork", sessionId: "s-1", at: 3 },
    { type: "archive", sessionId: "s-1" },
    { type: "unarchive", sessionId: "s-1" },
    { type: "delete", sessionId: "s-1" },
    { type: "undelete", sessionId: "s-1" },
    { type: "approve", sessionId: "s-1", callId: "c1", decision: "session" },
    { type: "unwatch" },
    { type: "list", limit: 1, cursor: "c", archived: true },
  ])("reads %j", (event) => {
    expect(parseClientEvent(JSON.stringify(event))).toEqual({
      ok: true,
      value: event,
      ...(event.id === undefined ? {} : { id: event.id }),
    });
  });

  test("ignores unknown fields", () => {
    expect(parseClientEvent('{"type":"ping","colour":"red"}')).toEqual({ ok: true, value: { type: "ping" } });
  });

  test.each([
    ["", "INVALID_FRAME", "A frame must be a JSON object, got text that is not JSON."],
    ["{", "INVALID_FRAME", "A frame must be a JSON object, got text that is not JSON."],
    ["[]", "INVALID_FRAME", "A frame must be a JSON object, got an array."],
    ["null", "INVALID_FRAME", "A frame must be a JSON object, got null."],
    ["7", "INVALID_FRAME", "A frame must be a JSON object, got 7."],
    ["{}", "INVALID_FRAME", "`type` must be a string, got nothing."],
    ['{"type":3}', "INVALID_FRAME", "`type` must be a string, got 3."],
    ['{"__proto__":{"type":"ping"}}', "INVALID_FRAME", "`type` must be a string, got nothing."],
    [
      '{"type":"shout"}',
      "UNKNOWN_TYPE",
      '`type` must be one of message, ping, create, abort, retry, edit, approve, history, resume, unwatch, approvals, list, search, rename, fork, archive, unarchive, delete or undelete, got "shout".',
    ],
    [
      '{"type":"constructor"}',
      "UNKNOWN_TYPE",
      '`type` must be one of message, ping, create, abort, retry, edit, approve, history, resume, unwatch, approvals, list, search, rename, fork, archive, unarchive, delete or undelete, got "constructor".',
    ],
    ['{"type":"message"}', "INVALID_FRAME", "`content` is missing."],
    ['{"type":"message","content":5}', "INVALID_FRAME", "`content` must be a string, got 5."],
    ['{"type":"message","content":""}', "INVALID_FRAME", "`content` must not be empty."],
    ['{"type":"message","content":null}', "INVALID_FRAME", "`content` must be a string, got null."],
    [
      '{"type":"message","content":"a","sessionId":7}',
      "INVALID_FRAME",
      "`sessionId` must be a string, got 7.",
    ],
    ['{"type":"message","content":"a","id":""}', "INVALID_FRAME", "`id` must not be empty."],
    ['{"type":"abort"}', "INVALID_FRAME", "`sessionId` is missing."],
    [
      '{"type":"history","sessionId":"s","limit":201}',
      "INVALID_FRAME",
      "`limit` must be at most 200, got 201.",
    ],
    [
      '{"type":"history","sessionId":"s","limit":1.5}',
      "INVALID_FRAME",
      "`limit` must be an integer, got 1.5.",
    ],
    [
      '{"type":"history","sessionId":"s","before":-1}',
      "INVALID_FRAME",
      "`before` must be at least 0, got -1.",
    ],
  ])("refuses %s", (text, code, message) => {
    expect(parseClientEvent(text)).toEqual({ ok: false, code, message });
  });

  test("refuses an id beyond its limit and names the limit", () => {
    const id = "x".repeat(defaultLimits.maxIdChars + 1);

    expect(parseClientEvent(JSON.stringify({ type: "ping", id }))).toEqual({
      ok: false,
      code: "INVALID_FRAME",
      message: "`id` must have at most 128 characters, got 129.",
    });
  });

  test("keeps the id of a refused frame", () => {
    expect(parseClientEvent('{"type":"message","id":"q1"}')).toMatchObject({ ok: false, id: "q1" });
  });

  test("survives 100,000 nested arrays", () => {
    const content = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

    expect(parseClientEvent(`{"type":"message","content":${content}}`)).toMatchObject({ ok: false });
  });
});

const meta = {
  sessionId: "s-1",
  key: "webchat",
  channel: "webchat",
  title: "Hello",
  createdAt: 1,
  updatedAt: 2,
  messageCount: 2,
  lastSeq: 9,
  epoch: "0",
};

describe("parseServerEvent", () => {
  test.each([...keptEvents, ...liveEvents].map((event) => [event.type, numbered(event)] as const))(
    "reads a recorded %s",
    (_type, event) => {
      expect(parseServerEvent(JSON.stringify(event))).toEqual({ ok: true, value: event });
    },
  );

  test.each<ServerEvent>([
    { type: "connected", sessionId: "s-1", limits: defaultLimits },
    { type: "ack", replyTo: "q1", sessionId: "s-1", runId: "r-1", position: 0 },
    { type: "pong" },
    { type: "history", sessionId: "s-1", messages: [], hasMore: false, replyTo: "q1" },
    { type: "resumed", sessionId: "s-1", epoch: "0", after: 3, upTo: 9, from: "entries" },
    { type: "resync", sessionId: "s-1", epoch: "0", upTo: 0, messages: [], hasMore: false },
    { type: "sessions", sessions: [{ ...meta, running: true }], cursor: "c" },
    { type: "sessions", sessions: [{ ...meta, running: false, excerpt: "…a whale…" }] },
    { type: "session_summary", ...meta, running: false, replyTo: "q1" },
    { type: "session_deleted", sessionId: "s-1" },
    { type: "draining" },
    { type: "error", code: "QUEUE_FULL", message: "Full.", retryable: true, replyTo: "q1" },
  ])("reads the answer %j", (event) => {
    expect(parseServerEvent(JSON.stringify(event))).toEqual({ ok: true, value: event });
  });
});

describe("checkLine", () => {
  test("accepts every kind of entry and the header", () => {
    for (const event of keptEvents) {
      const entry = toEntry(numbered(event));
      expect(checkLine(entry)).toEqual({ ok: true, value: { kind: "entry", entry } });
    }
    const header = { type: "session", v: 1, sessionId: "s-1", key: "webchat", createdAt: 5 };
    expect(checkLine(header)).toEqual({ ok: true, value: { kind: "header", header } });
  });

  test("returns a line unchanged, with the fields of a newer version", () => {
    const entry = JSON.parse(
      '{"seq":1,"id":"x","role":"assistant","content":"","timestamp":5,"mood":"good","toolCalls":[{"toolName":"t","input":{"__proto__":1,"constructor":2}}]}',
    );

    const checked = checkLine(entry);

    expect(checked.ok && checked.value).toEqual({ kind: "entry", entry });
    expect(JSON.stringify(checked.ok && checked.value.kind === "entry" && checked.value.entry)).toBe(
      JSON.stringify(entry),
    );
  });

  test.each([
    [null],
    [7],
    [{}],
    [{ role: "user", content: "hi", timestamp: 5 }],
    [{ seq: 0, id: "x", role: "user", content: "hi", timestamp: 5 }],
    [{ seq: 1, id: "x", role: "robot", content: "hi", timestamp: 5 }],
    [{ seq: 1, type: "dance", timestamp: 5 }],
    [{ type: "session", v: "1", sessionId: "s", key: "k", createdAt: 5 }],
  ])("refuses %j", (line) => {
    expect(checkLine(line)).toMatchObject({ ok: false, code: "INVALID_FRAME" });
  });
});

test("checkMessage accepts the tutorial's messages and names the wrong field of others", () => {
  expect(checkMessage({ role: "user", content: "hi", timestamp: 5 })).toMatchObject({ ok: true });
  expect(checkMessage({ role: "user", content: "hi" })).toEqual({
    ok: false,
    code: "INVALID_FRAME",
    message: "`timestamp` is missing.",
  });
});

/**
 * Each member of a union as one plain object type, so that intersections compare equal to what they
 * mean.
 */
type Flat<T> = T extends unknown
  ? { [Key in keyof T]: T[Key] extends (infer Item)[] ? Flat<Item>[] : T[Key] }
  : never;

test("the schemas and the interfaces agree, including optional fields", () => {
  type ClientEventOutput = v.InferOutput<(typeof clientEventSchemas)[keyof typeof clientEventSchemas]>;
  type EntryOutput = v.InferOutput<typeof MessageEntrySchema> | v.InferOutput<typeof RecordEntrySchema>;

  expectTypeOf<Flat<ClientEventOutput>>().toEqualTypeOf<Flat<ClientEvent>>();
  expectTypeOf<Flat<v.InferOutput<typeof ServerEventSchema>>>().toEqualTypeOf<Flat<ServerEvent>>();
  expectTypeOf<Flat<EntryOutput>>().toEqualTypeOf<Flat<Entry>>();
  expectTypeOf<v.InferOutput<typeof SessionHeaderSchema>>().toEqualTypeOf<SessionHeader>();
  expectTypeOf<v.InferOutput<typeof MessageSchema>>().toEqualTypeOf<Message>();
});
