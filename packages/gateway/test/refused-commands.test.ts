import type { ClientEvent } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { heldAgent, type TestClient, testGateway } from "./test-gateway.ts";

/**
 * A client that watches a session at rest, and another session of its own with an active run.
 */
async function twoSessions(options: Parameters<typeof testGateway>[0] = {}) {
  const { agent, started, release } = heldAgent();
  const gateway = await testGateway({ agent, ...options });
  const other = await gateway.connect();
  other.send({ type: "message", content: "other" });
  await started(1);
  const client = await gateway.connect();
  client.send({ type: "create" });
  const { sessionId: watched } = await client.next("connected", 2);
  return {
    gateway,
    client,
    watched,
    other: other.sessionId,
    started,
    release,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
    },
  };
}

/** The sessions that the client was shown events of, since it was refused. */
function shownSince({ frames }: TestClient, type: "error"): Set<string> {
  const refused = frames.findIndex((frame) => frame.type === type);
  return new Set(frames.slice(refused).flatMap((frame) => ("seq" in frame ? [frame.sessionId] : [])));
}

describe("a refused command leaves the watch where it is:", () => {
  test.each<[string, ClientEvent & { id: string }]>([
    ["QUEUE_FULL", { type: "message", id: "q1", content: "one too many" }],
    ["SESSION_BUSY", { type: "retry", id: "q1", runId: "none" } as ClientEvent & { id: string }],
  ])("%s", async (code, command) => {
    await using test = await twoSessions({ limits: { maxQueuedMessages: 0 } });
    const { client, watched, other, started, release } = test;

    client.send({ ...command, sessionId: other } as ClientEvent);
    const refusal = await client.next("error");
    release();
    await test.gateway.gateway.submit({ sessionId: watched, content: "mine" });
    await started(2);
    release();
    await client.next("run_end");

    expect(refusal).toMatchObject({ code, replyTo: "q1" });
    expect(shownSince(client, "error")).toEqual(new Set([watched]));
    // Where a message goes that names no session.
    client.send({ type: "message", id: "q2", content: "here" });
    expect(await client.next("ack")).toMatchObject({ sessionId: watched });
    release();
  });

  test("RUN_NOT_FOUND, and SESSION_ARCHIVED", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const watched = client.sessionId;
    client.send({ type: "message", content: "first" });
    await client.next("run_end");
    const { sessionId: other } = await gateway.store.createSession("webchat");
    await (await gateway.gateway.submit({ sessionId: other, content: "other" })).ended;

    client.send({ type: "retry", id: "q1", sessionId: other, runId: "none" });
    await client.next("error");
    client.send({ type: "archive", sessionId: other });
    client.send({ type: "message", id: "q2", sessionId: other, content: "two" });
    const refusal = await client.next("error", 2);
    client.send({ type: "message", id: "q3", content: "three" });

    expect(refusal).toMatchObject({ code: "SESSION_ARCHIVED", replyTo: "q2" });
    expect(await client.next("ack")).toMatchObject({ replyTo: "q3", sessionId: watched });
  });
});

test("a message to another session shows its run there from its first event on", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  const { sessionId } = await gateway.store.createSession("webchat");

  client.send({ type: "message", sessionId, content: "hi" });
  await client.next("run_end");

  expect(client.types()).toEqual([
    "connected",
    "user_message",
    "run_start",
    "chunk",
    "chunk",
    "assistant_message",
    "message_done",
    "run_end",
  ]);
  expect(shownSince(client, "connected" as "error")).toEqual(new Set([sessionId]));
});

test.each(["queue", "steer", "interrupt"] as const)(
  "a message to another session with a run (%s) is shown from its message_queued on",
  async (mode) => {
    await using test = await twoSessions();
    const { client, other, started, release } = test;

    client.send({ type: "message", id: "q1", sessionId: other, content: "two", mode });
    const { runId } = await client.next("ack");
    release();
    await started(2);
    release();
    await client.next("user_message");

    const [first] = client.frames.filter((frame) => "seq" in frame);
    expect(first).toMatchObject({ type: "message_queued", runId, content: "two" });
  },
);

test("a message that is sent again to another session watches that session", async () => {
  await using test = await twoSessions();
  const { client, other, started, release } = test;
  const command = { type: "message", id: "q1", sessionId: other, content: "two" } as const;
  client.send(command);
  await client.next("ack");
  client.send({ type: "resume", sessionId: test.watched });
  await client.next("resync");

  client.send(command);
  await client.next("ack", 2);
  release();
  await started(2);
  release();

  expect(await client.next("run_end")).toMatchObject({ sessionId: other });
});
