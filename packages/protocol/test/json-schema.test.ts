import schema from "@mini-openclaw/protocol/schema.json" with { type: "json" };
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { defaultLimits, toEntry } from "../src/index.ts";
import { checkLine, parseClientEvent, parseServerEvent } from "../src/schema.ts";
import { keptEvents, liveEvents, numbered } from "./samples.ts";

// The package promises `oneOf` schemas with different `type` fields. Strict mode finds mistakes of
// the generator.
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true }).addSchema(schema, "protocol");

function isValid(definition: keyof (typeof schema)["$defs"], value: unknown): boolean {
  const validate = ajv.getSchema(`protocol#/$defs/${definition}`);
  if (!validate) throw new Error(`schema.json has no ${definition}`);
  return validate(value) === true;
}

const message = { seq: 1, id: "e1", role: "user", content: "hi", timestamp: 5 };

describe("ClientEvent", () => {
  test.each([
    [true, { type: "message", content: "hi" }],
    [true, { type: "message", content: "hi", sessionId: "s-1", id: "q1", mode: "steer" }],
    [true, { type: "ping", colour: "red" }],
    [true, { type: "history", sessionId: "s-1", before: 12, limit: 200 }],
    [true, { type: "fork", sessionId: "s-1", at: 3 }],
    [true, { type: "undelete", sessionId: "s-1" }],
    [false, { type: "message" }],
    [false, { type: "message", content: "" }],
    [false, { type: "message", content: null }],
    [false, { type: "message", content: "hi", mode: "shout" }],
    [false, { type: "shout" }],
    [false, { type: "ping", id: "x".repeat(defaultLimits.maxIdChars + 1) }],
    [false, { type: "history", sessionId: "s-1", limit: 201 }],
    [false, { type: "history", sessionId: "s-1", limit: 1.5 }],
    [false, { type: "approve", sessionId: "s-1", callId: "c1", decision: "maybe" }],
    [false, []],
    [false, null],
  ])("returns %s, as the parser does, for %j", (expected, event) => {
    expect([isValid("ClientEvent", event), parseClientEvent(JSON.stringify(event)).ok]).toEqual([
      expected,
      expected,
    ]);
  });
});

describe("ServerEvent", () => {
  test.each([...keptEvents, ...liveEvents].map((event) => [event.type, numbered(event)] as const))(
    "takes a recorded %s, and refuses it with a session that is no id",
    (_type, event) => {
      const both = [event, { ...event, sessionId: 7 }];

      expect(both.map((one) => isValid("ServerEvent", one))).toEqual([true, false]);
      expect(both.map((one) => parseServerEvent(JSON.stringify(one)).ok)).toEqual([true, false]);
    },
  );

  test.each([
    [true, { type: "connected", sessionId: "s-1", limits: defaultLimits }],
    [true, { type: "history", sessionId: "s-1", messages: [message], hasMore: false }],
    [true, { type: "error", code: "QUEUE_FULL", message: "Full.", retryable: true, replyTo: "q1" }],
    [false, { type: "connected", sessionId: "s-1", limits: {} }],
    [false, { type: "history", sessionId: "s-1", messages: [{ ...message, role: "robot" }], hasMore: false }],
    [false, { type: "resumed", sessionId: "s-1", epoch: "0", after: -1, upTo: 9, from: "events" }],
    [false, { type: "error", code: "QUEUE_FULL" }],
  ])("returns %s, as the parser does, for %j", (expected, event) => {
    expect([isValid("ServerEvent", event), parseServerEvent(JSON.stringify(event)).ok]).toEqual([
      expected,
      expected,
    ]);
  });
});

test.each<[boolean, unknown]>([
  [true, { type: "session", v: 1, sessionId: "s-1", key: "webchat", createdAt: 5 }],
  [true, message],
  ...keptEvents.map((event): [boolean, unknown] => [true, toEntry(numbered(event))]),
  [false, { ...message, seq: 0 }],
  [false, { ...message, role: "robot" }],
  [false, { type: "session", v: "1", sessionId: "s", key: "k", createdAt: 5 }],
  [false, { type: "dance", seq: 1, timestamp: 5 }],
])("TranscriptLine returns %s, as checkLine does, for %j", (expected, line) => {
  expect([isValid("TranscriptLine", line), checkLine(line).ok]).toEqual([expected, expected]);
});

test("describes the first frame with the token", () => {
  expect(isValid("AuthCommand", { type: "auth", token: "t" })).toBe(true);
  expect(isValid("AuthCommand", { type: "auth" })).toBe(false);
});

test("has a description for every command and event", () => {
  const silent = Object.entries(schema.$defs).filter(
    ([name, definition]) => /(?:Command|Event)$/.test(name) && !("description" in definition),
  );

  expect(silent).toEqual([]);
});
