import { defaultLimits, type NumberedEvent, type ResyncEvent } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { ClientError } from "../src/lib/errors.ts";
import { addMessage, markDelivery, type Outbox, refuseTooLong, shownBy } from "../src/session/outbox.ts";

const queued = addMessage([], { id: "m1", content: "hi" });
const acceptance = { phase: "accepted", runId: "run-1" } as const;
const sent = markDelivery(queued, "m1", { phase: "sent" });
const repeated = markDelivery(markDelivery(sent, "m1", { phase: "queued", isRepeat: true }), "m1", {
  phase: "sent",
});
const accepted = markDelivery(sent, "m1", acceptance);
const refused = markDelivery(sent, "m1", {
  phase: "refused",
  refusal: new ClientError("QUEUE_FULL", "full"),
});

test("queues a message again, under its id, after a lost connection", () => {
  expect(markDelivery(sent, "m1", { phase: "queued", isRepeat: true })).toEqual([
    { id: "m1", content: "hi", isRepeat: true, phase: "queued" },
  ]);
  expect(markDelivery([], "m1", { phase: "queued", isRepeat: true })).toEqual([]);
});

test("keeps an accepted message until it is shown, and removes an accepted repetition", () => {
  expect(accepted).toMatchObject([{ phase: "accepted", runId: "run-1" }]);
  expect(markDelivery(repeated, "m1", acceptance)).toEqual([]);
});

test("queues a refused message again when it is sent again", () => {
  expect(addMessage(refused, { id: "m1", content: "hi" })).toEqual(queued);
});

describe("a message is shown by", () => {
  const run = { sessionId: "s", seq: 1, runId: "run-1", timestamp: 1 };
  const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  const user = { id: "u1", content: "hi", requestId: "m1" };
  const resync = (requestId: string): ResyncEvent => ({
    ...{ type: "resync", sessionId: "s", epoch: "0", upTo: 1, hasMore: false },
    messages: [{ role: "user", ...user, requestId, ...run }],
  });

  test.each<[string, Outbox, NumberedEvent | ResyncEvent, string[]]>([
    ["its user message", sent, { type: "user_message", ...user, ...run }, ["m1"]],
    ["its message_queued event", sent, { type: "message_queued", ...user, ...run }, ["m1"]],
    ["the transcript", sent, resync("m1"), ["m1"]],
    ["no other message", sent, resync("m2"), []],
    ["the end of its run", accepted, { type: "run_end", outcome: "aborted", usage, ...run }, ["m1"]],
    ["no other run's end", sent, { type: "run_end", outcome: "aborted", usage, ...run }, []],
    ["nothing of its run before", accepted, { type: "run_start", ...run }, []],
  ])("%s", (_, outbox, frame, expected) => {
    expect([...shownBy(outbox, frame).keys()]).toEqual(expected);
  });
});

test("measures a message as a frame, in bytes, as the gateway does", () => {
  const command = { type: "message", id: "m1", sessionId: "s", content: "龙" } as const;
  const length = Buffer.byteLength(JSON.stringify(command));

  expect(refuseTooLong(command, { ...defaultLimits, maxFrameBytes: length })).toBeUndefined();
  expect(refuseTooLong(command, { ...defaultLimits, maxFrameBytes: length - 1 })).toMatchObject({
    ...{ code: "MESSAGE_TOO_LONG", message: `More than ${length - 1} bytes.` },
  });
});
