import type { AgentRunner } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { heldAgent, testGateway } from "./test-gateway.ts";

test("saves a message, emits it to watchers, and resolves with the end of its run", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  const { sessionId } = client;

  const { runId, ended } = await gateway.gateway.submit({ sessionId, content: "from a schedule" });

  expect(await ended).toEqual({ outcome: "completed", content: "from a schedule", usage: noUsage });
  expect(await client.next("user_message")).toMatchObject({ runId, content: "from a schedule" });
});

test("sends a message with a key to the newest session of that key, or to a new one", async () => {
  await using gateway = await testGateway();

  const first = await gateway.gateway.submit({ key: "schedule", content: "one" });
  const second = await gateway.gateway.submit({ key: "schedule", content: "two" });

  await Promise.all([first.ended, second.ended]);
  expect(second.sessionId).toBe(first.sessionId);
  expect(await gateway.store.getSession(first.sessionId)).toMatchObject({ key: "schedule", messageCount: 4 });
});

test.each([
  ["without chunks", []],
  ["with chunks for its beginning only", ["the "]],
  ["with chunks for all of it", ["the ", "answer"]],
])("the answer of an agent %s is what the transcript has", async (_, chunks) => {
  const agent: AgentRunner = {
    async *run({ runId }) {
      yield { type: "run_start", runId, timestamp: 1 };
      for (const content of chunks) yield { type: "chunk", runId, messageId: "m1", content };
      yield { type: "assistant_message", runId, id: "m1", content: "the answer", timestamp: 1 };
      yield { type: "assistant_message", runId, id: "m2", content: ", twice", timestamp: 1 };
      yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
    },
  };
  await using gateway = await testGateway({ agent });

  const { sessionId, ended } = await gateway.gateway.submit({ key: "webchat", content: "hi" });

  const { content } = await ended;
  const kept = await gateway.store.loadMessages(sessionId, { role: "assistant" });
  expect(content).toBe(kept.map((message) => message.content).join(""));
});

test("queues a message, and resolves with the answer of its own run", async () => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  const { sessionId } = client;
  client.send({ type: "message", content: "one" });
  await started(1);

  const { ended } = await gateway.gateway.submit({ sessionId, content: "two" });
  release();
  release();

  expect(await ended).toEqual({ outcome: "completed", content: "thinking…two", usage: noUsage });
});

test("runs messages of the same moment one after another, in order", async () => {
  await using test = await testGateway();
  const { sessionId } = await test.store.createSession("webchat");
  const contents = ["one", "two", "three"];

  const submitted = await Promise.all(contents.map((content) => test.gateway.submit({ sessionId, content })));

  const ends = await Promise.all(submitted.map(({ ended }) => ended));
  expect(ends.map(({ outcome, content }) => [outcome, content])).toEqual(
    contents.map((content) => ["completed", content]),
  );
  expect(test.failures).toEqual([]);
});

test("an interrupted one resolves as interrupted", async () => {
  const { agent, started } = heldAgent();
  await using gateway = await testGateway({ agent });
  const { sessionId } = await gateway.store.createSession("schedule");
  const { ended } = await gateway.gateway.submit({ sessionId, content: "long" });
  await started(1);

  await gateway.gateway.close({ drainMs: 0 });

  expect(await ended).toEqual({ outcome: "interrupted", content: "thinking…", usage: noUsage });
});

test("resolves with the same end for a repeated message, also after a restart", async () => {
  await using before = await testGateway();
  const { sessionId } = await before.store.createSession("schedule");
  const submission = { sessionId, content: "once", requestId: "q1" };
  const first = await before.gateway.submit(submission);
  const end = await first.ended;
  const { ended: again } = await before.gateway.submit(submission);

  await using after = await testGateway({ store: before.store });
  const last = await after.gateway.submit(submission);

  expect(last.runId).toBe(first.runId);
  expect(await Promise.all([again, last.ended])).toEqual([end, end]);
  expect(before.gateway.health().sessions + after.gateway.health().sessions).toBe(0);
});

test("resolves with the same end for a message that is repeated while it runs or waits", async () => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent });
  const { sessionId } = await gateway.store.createSession("schedule");
  const submit = (requestId: string) => gateway.gateway.submit({ sessionId, content: requestId, requestId });
  const submitted = [await submit("q1"), await submit("q2"), await submit("q1"), await submit("q2")];
  await started(1);

  release();
  release();

  const results = await Promise.all(submitted.map(({ ended }) => ended));
  expect(results.map(({ content }) => content)).toEqual([
    "thinking…q1",
    "thinking…q2",
    "thinking…q1",
    "thinking…q2",
  ]);
});

test("a missing session is refused, and no watch is left", async () => {
  await using gateway = await testGateway();

  await expect(gateway.gateway.submit({ sessionId: "nobody", content: "hello" })).rejects.toMatchObject({
    code: "SESSION_NOT_FOUND",
  });
  expect(gateway.gateway.health().sessions).toBe(0);
});

test("a message to an owner goes to a session of that principal", async () => {
  await using test = await testGateway();

  const first = await test.gateway.submit({ owner: "alice", content: "one" });
  const second = await test.gateway.submit({ principal: { id: "alice" }, content: "two" });

  await Promise.all([first.ended, second.ended]);
  expect(second.sessionId).toBe(first.sessionId);
  expect(await test.store.getSession(first.sessionId)).toMatchObject({
    owner: "alice",
    key: "webchat:alice",
  });
});

test("a message to somebody else's session is refused", async () => {
  await using test = await testGateway();
  const { sessionId, ended } = await test.gateway.submit({ owner: "alice", content: "one" });
  await ended;

  const refused = () => test.gateway.submit({ sessionId, owner: "bob", content: "two" });
  const own = await test.gateway.submit({ sessionId, owner: "alice", content: "three" });

  await expect(refused()).rejects.toMatchObject({
    code: "SESSION_NOT_FOUND",
    message: expect.stringContaining("`sessionId` must be a session of bob, got"),
  });
  expect((await own.ended).outcome).toBe("completed");
});

test.each<[fields: object, message: string]>([
  [{ content: "hi" }, "`sessionId`, `key` or `principal` must name the session of the message, got none."],
  [{ key: "k" }, "`content` must be a string, got nothing."],
  [{ key: 5, content: "hi" }, "`key` must be a string, got 5."],
  [{ owner: 5, content: "hi" }, "`owner` must be a string, got 5."],
  [{ key: "k", content: "hi", requestId: 5 }, "`requestId` must be a string, got 5."],
  [
    { key: "k", content: "hi", requestId: "" },
    '`requestId` must be a string of 1 to 128 characters, got "".',
  ],
  [
    { key: "k", content: "" },
    '`content` must be a text that is not empty, unless there are `blocks`, got "".',
  ],
  [
    { key: "k", content: "", blocks: [] },
    '`content` must be a text that is not empty, unless there are `blocks`, got "".',
  ],
  [
    { owner: "bob", principal: { id: "alice" }, content: "hi" },
    '`owner` must be the id of `principal`, or absent, got "bob".',
  ],
  [{ principal: null, content: "hi" }, "`principal` must be an object with an `id`, got null."],
  [{ key: "k", content: "hi", blocks: "x" }, '`blocks` must be a list of blocks, got "x".'],
  [{ key: "k", content: "hi", blocks: [null] }, "`blocks` must be a list of blocks, got an array."],
  [{ key: "k", content: "hi", mode: "now" }, '`mode` must be "queue", "steer" or "interrupt", got "now".'],
])("rejects the message %j by the name of its field", async (fields, message) => {
  await using test = await testGateway();

  await expect(test.gateway.submit(fields as never)).rejects.toMatchObject({
    code: "INVALID_OPTION",
    message,
  });
});

test("accepts the longest id, an owner beside its principal, and files without a text", async () => {
  await using test = await testGateway();
  const requestId = "i".repeat(128);
  const blocks = [{ type: "text", text: "a note" }] as const;

  const { sessionId, ended } = await test.gateway.submit({
    ...{ owner: "alice", principal: { id: "alice" }, content: "", blocks, requestId },
  });

  expect((await ended).outcome).toBe("completed");
  expect(await test.store.loadMessages(sessionId)).toMatchObject([{ content: "a note", requestId }, {}]);
});

test("rejects a message and a retry whose id is longer than a client's may be", async () => {
  await using test = await testGateway();
  const requestId = "i".repeat(129);
  const error = {
    code: "INVALID_OPTION",
    message: expect.stringContaining("`requestId` must be a string of 1 to 128 characters, got"),
  };

  const submitting = test.gateway.submit({ key: "k", content: "hi", requestId });
  const retrying = test.gateway.retry({ sessionId: "s", runId: "r", requestId });

  await expect(submitting).rejects.toMatchObject(error);
  await expect(retrying).rejects.toMatchObject(error);
});

test.each(["sessionId", "runId", "requestId"])("rejects a retry whose %s is no string", async (name) => {
  await using test = await testGateway();
  const { sessionId } = await test.store.createSession("webchat");

  const retry = { sessionId, runId: "r", [name]: 5 };

  await expect(test.gateway.retry(retry as never)).rejects.toMatchObject({
    code: "INVALID_OPTION",
    message: `\`${name}\` must be a string, got 5.`,
  });
});
