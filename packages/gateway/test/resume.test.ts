import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentRunner, NumberedEvent, ServerEvent } from "@mini-openclaw/protocol";
import { createMemoryStore, openSessionStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { echoAgent, heldAgent, type TestClient, testGateway } from "./test-gateway.ts";

function recorded(client: TestClient): NumberedEvent[] {
  return client.frames.filter((frame: ServerEvent): frame is NumberedEvent => "seq" in frame);
}

/**
 * A connection watches its first session at once: what it shows before the answer to `resume` is
 * not counted.
 */
function resumed(client: TestClient): NumberedEvent[] {
  const answer = client.frames.findIndex(({ type }) => type === "resumed" || type === "resync");
  return client.frames
    .slice(answer + 1)
    .filter((frame: ServerEvent): frame is NumberedEvent => "seq" in frame);
}

/** All that chunks say, joined. */
function textOf(events: readonly NumberedEvent[]): string {
  return events.map((event) => (event.type === "chunk" ? event.content : "")).join("");
}

describe("resume in the middle of a run", () => {
  test("continues after any event that was seen: nothing missing, nothing doubled, then live", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const witness = await gateway.connect();
    witness.send({ type: "message", content: "hello" });
    await started(1);
    await witness.next("chunk");
    const { sessionId } = witness;
    const clients = await Promise.all(
      [0, 1, 2, 3].map(async (after) => {
        const client = await gateway.connect();
        client.send({ type: "resume", id: "q1", sessionId, after });
        return { client, after, answer: await client.next("resumed") };
      }),
    );

    release();
    await witness.next("run_end");

    for (const { client, after, answer } of clients) {
      await client.next("run_end");
      expect(answer).toMatchObject({ sessionId, after, upTo: 3, from: "events", replyTo: "q1" });
      expect(resumed(client)).toEqual(recorded(witness).filter(({ seq }) => seq > after));
    }
  });

  test("without a place begins with the messages, then shows the running turn from its beginning", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const witness = await gateway.connect();
    const { sessionId } = witness;
    witness.send({ type: "message", content: "one" });
    await started(1);
    release();
    await witness.next("run_end");
    witness.send({ type: "message", content: "two" });
    await started(2);

    const client = await gateway.connect();
    client.send({ type: "resume", sessionId });
    const resync = await client.next("resync");
    release();
    await Promise.all([client.next("run_end"), witness.next("run_end", 2)]);

    expect(resync.messages.map(({ role, content }) => [role, content])).toEqual([
      ["user", "one"],
      ["assistant", "one"],
      ["user", "two"],
    ]);
    expect(resync).toMatchObject({ sessionId, hasMore: false, upTo: resync.messages.at(-1)?.seq });
    expect(resumed(client)).toEqual(recorded(witness).filter(({ seq }) => seq > resync.upTo));
  });

  test("with tools at work shows their output so far", async () => {
    let go: () => void = () => undefined;
    const atWork = new Promise<void>((resolve) => {
      go = resolve;
    });
    const agent: AgentRunner = {
      async *run(input) {
        const { runId } = input;
        const toolCalls = ["a", "b"].map((callId) => ({ callId, toolName: "bash", input: {} }));
        yield { type: "assistant_message", runId, id: `${runId}-0`, content: "", timestamp: 1, toolCalls };
        for (const { callId } of toolCalls) {
          yield { type: "tool_start", runId, callId, toolName: "bash", input: {} };
        }
        yield { type: "tool_output", runId, callId: "a", content: "half" };
        const result = { toolName: "bash", output: "done", isError: false, timestamp: 1 };
        yield { type: "tool_done", runId, id: "t", callId: "b", ...result };
        await atWork;
        yield { type: "tool_done", runId, id: "u", callId: "a", ...result };
        yield* echoAgent.run(input);
      },
    };
    await using gateway = await testGateway({ agent });
    const witness = await gateway.connect();
    witness.send({ type: "message", content: "work" });
    await witness.next("tool_done");

    const client = await gateway.connect();
    client.send({ type: "resume", sessionId: witness.sessionId });
    const { messages } = await client.next("resync");
    go();
    await client.next("run_end");

    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(client.types().slice(2, 6)).toEqual(["tool_start", "tool_start", "tool_output", "tool_done"]);
  });
});

describe("resume of an idle session", () => {
  test("sends the missed entries, with `from: entries` because live events are gone", async () => {
    await using gateway = await testGateway();
    const witness = await gateway.connect();
    for (const content of ["one", "two"]) witness.send({ type: "message", content });
    await witness.next("run_end", 2);
    const [first] = recorded(witness).filter(({ type }) => type === "run_end");

    const client = await gateway.connect();
    client.send({ type: "resume", sessionId: witness.sessionId, after: first?.seq ?? 0 });

    expect(await client.next("resumed")).toMatchObject({ from: "entries" });
    await client.next("run_end");
    const kept = ["user_message", "assistant_message", "run_end"];
    expect(resumed(client)).toEqual(
      recorded(witness).filter(({ seq, type }) => seq > (first?.seq ?? 0) && kept.includes(type)),
    );
  });

  test("at the newest event misses nothing and continues live", async () => {
    await using gateway = await testGateway();
    const witness = await gateway.connect();
    witness.send({ type: "message", content: "one" });
    const { seq } = await witness.next("run_end");
    const client = await gateway.connect();

    client.send({ type: "resume", sessionId: witness.sessionId, after: seq });
    await client.next("resumed");
    witness.send({ type: "message", content: "two" });
    await Promise.all([client.next("run_end"), witness.next("run_end", 2)]);

    expect(await client.next("resumed")).toMatchObject({ after: seq, upTo: seq, from: "events" });
    expect(resumed(client)).toEqual(recorded(witness).filter((event) => event.seq > seq));
  });

  test.each([
    ["a place beyond the newest event", { after: 1000 }],
    ["a foreign epoch", { after: 1, epoch: "another" }],
  ])("with %s begins anew", async (_what, place) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    const { seq } = await client.next("run_end");

    client.send({ type: "resume", sessionId: client.sessionId, ...place });

    const resync = await client.next("resync");
    expect(resync).toMatchObject({ upTo: seq, hasMore: false });
    expect(resync.messages.map(({ content }) => content)).toEqual(["one", "one"]);
  });

  test("in a session that has no lines yet is at its beginning", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    client.send({ type: "resume", sessionId: client.sessionId, after: 0 });

    expect(await client.next("resumed")).toMatchObject({ after: 0, upTo: 0, from: "events" });
  });

  test("in a session of another principal is refused", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    client.send({ type: "resume", sessionId: "nobody", id: "q1" });

    expect(await client.next("error")).toMatchObject({ code: "SESSION_NOT_FOUND", replyTo: "q1" });
  });
});

test("a client that reconnects during a run gets every event once, in order", async () => {
  const words = Array.from({ length: 300 }, (_, index) => `word ${index} `);
  const { agent: atTheEnd, started, release } = heldAgent();
  const agent: AgentRunner = {
    async *run(input) {
      for (const content of words) {
        yield { type: "chunk", runId: input.runId, messageId: "m1", content };
        // Each in a turn of the event loop of its own, as a model's socket brings them.
        await new Promise((resolve) => setImmediate(resolve));
      }
      yield* atTheEnd.run(input);
    },
  };
  await using gateway = await testGateway({ agent });
  const speaker = await gateway.connect();
  const { sessionId } = speaker;
  speaker.send({ type: "message", content: "talk" });
  const seen: NumberedEvent[] = [];

  const isSaid = (events: readonly NumberedEvent[]) => textOf(events).startsWith(words.join(""));
  while (!isSaid(seen)) {
    const client = await gateway.connect();
    client.send({ type: "resume", sessionId, after: seen.at(-1)?.seq ?? 0 });
    // Missed events come in few frames, then each piece comes when it is recorded.
    while (resumed(client).length < 5 && !isSaid([...seen, ...resumed(client)])) {
      await client.anyFrame();
    }
    client.socket.terminate();
    seen.push(...resumed(client));
  }
  const last = await gateway.connect();
  last.send({ type: "resume", sessionId, after: seen.at(-1)?.seq ?? 0 });
  await last.next("resumed");
  await started(1);
  release();
  await Promise.all([last.next("run_end"), speaker.next("run_end")]);

  const events = [...seen, ...resumed(last)];
  const places = events.flatMap((event) => [("firstSeq" in event && event.firstSeq) || event.seq, event.seq]);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect(new Set(events.map(({ seq }) => seq)).size).toBe(events.length);
  expect(textOf(events)).toBe(textOf(recorded(speaker)));
  expect(events.filter(({ type }) => type !== "chunk")).toEqual(
    recorded(speaker).filter(({ type }) => type !== "chunk"),
  );
});

test("after a restart of the gateway a client continues in the same session", async () => {
  const directory = await mkdtemp(join(tmpdir(), "gateway-"));
  const first = await openSessionStore(directory);
  const seen: NumberedEvent[] = [];
  let sessionId = "";
  {
    await using gateway = await testGateway({ store: first });
    const client = await gateway.connect();
    sessionId = client.sessionId;
    client.send({ type: "message", content: "one" });
    await client.next("run_end");
    seen.push(...recorded(client));
  }
  const second = await openSessionStore(directory);
  {
    await using gateway = await testGateway({ store: second });
    const client = await gateway.connect();
    client.send({ type: "resume", sessionId, after: seen.at(-1)?.seq ?? 0 });
    expect(await client.next("resumed")).toMatchObject({ from: "events" });
    client.send({ type: "message", content: "two" });
    await client.next("run_end");

    expect(resumed(client)[0]?.seq).toBeGreaterThan(seen.at(-1)?.seq ?? 0);
    expect(client.sessionId).toBe(sessionId);
  }
  await rm(directory, { recursive: true });
});

test.each([
  ["memory", async () => createMemoryStore()],
  ["JSONL", async () => openSessionStore(await mkdtemp(join(tmpdir(), "gateway-")))],
] as const)(
  "a session that was archived and restored between two messages continues (%s)",
  async (_name, open) => {
    const store = await open();
    await using gateway = await testGateway({ store });
    const client = await gateway.connect();
    const { sessionId } = client;
    client.send({ type: "message", content: "one" });
    await client.next("run_end");

    await store.archiveSession(sessionId);
    client.send({ type: "message", sessionId, content: "while it is away" });
    const refused = await client.next("error");
    await store.unarchiveSession(sessionId);
    client.send({ type: "message", sessionId, content: "two" });

    await client.next("run_end", 2);
    expect(refused).toMatchObject({ code: "SESSION_ARCHIVED" });
    const said = (await store.loadMessages(sessionId)).filter(({ role }) => role === "user");
    expect(said.map(({ content }) => content)).toEqual(["one", "two"]);
  },
);

test("unwatch ends the watch: answers still come, events no more", async () => {
  await using gateway = await testGateway();
  const [client, other] = await Promise.all([gateway.connect(), gateway.connect()]);

  client.send({ type: "unwatch" });
  await client.roundTrip();
  other.send({ type: "message", content: "hello" });
  await other.next("run_end");
  await client.roundTrip();

  expect(client.types()).toEqual(["connected"]);
});

test("a message after unwatch watches its session again, so that its run is seen", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  client.send({ type: "unwatch" });
  client.send({ type: "message", content: "hello" });

  expect(await client.next("message_done")).toMatchObject({ content: "hello" });
});

test("list gives the caller's sessions, the one updated last first, with whether it is running", async () => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  client.send({ type: "message", content: "first session" });
  await started(1);
  release();
  await client.next("run_end");
  client.send({ type: "create" });
  await client.next("connected", 2);
  client.send({ type: "message", content: "second session" });
  await started(2);

  client.send({ type: "list", id: "q1" });

  const { sessions, replyTo } = await client.next("sessions");
  expect(replyTo).toBe("q1");
  expect(sessions.map(({ title, running }) => [title, running])).toEqual([
    ["second session", true],
    ["first session", false],
  ]);
  release();
});

describe("a message that is sent again with its id", () => {
  test("runs once, and is acknowledged each time with the same run", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const message = { type: "message", id: "q1", content: "once" } as const;

    client.send(message);
    client.send(message);
    await client.next("run_end");
    client.send(message);
    await client.next("ack", 3);
    client.send({ type: "message", content: "after" });
    await client.next("run_end", 2);

    const acks = client.frames.flatMap((frame) => (frame.type === "ack" ? [frame.runId] : []));
    expect(new Set(acks).size).toBe(1);
    const said = client.frames.flatMap((frame) => (frame.type === "user_message" ? [frame.content] : []));
    expect(said).toEqual(["once", "after"]);
  });

  test("is known after a restart", async () => {
    await using first = await testGateway();
    const client = await first.connect();
    client.send({ type: "message", id: "q1", content: "once" });
    const { runId } = await client.next("run_end");

    await using second = await testGateway({ store: first.store });
    const again = await second.connect();
    again.send({ type: "message", id: "q1", content: "once" });

    expect(await again.next("ack")).toMatchObject({ replyTo: "q1", runId, position: 0 });
    expect(again.types()).toEqual(["connected", "ack"]);
  });

  test("is refused if its content differs", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    client.send({ type: "message", id: "q1", content: "one" });
    await client.next("run_end");

    client.send({ type: "message", id: "q1", content: "two" });

    expect(await client.next("error")).toEqual({
      type: "error",
      code: "REQUEST_CONFLICT",
      message: "`id` must be new: another message of this session has it. Choose another one.",
      retryable: false,
      replyTo: "q1",
    });
  });

  test("after it was refused is a new try", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent, limits: { maxQueuedMessages: 0 } });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await started(1);
    client.send({ type: "message", id: "q1", content: "two" });
    await client.next("error");
    release();
    await client.next("run_end");

    client.send({ type: "message", id: "q1", content: "two" });

    expect(await client.next("ack")).toMatchObject({ replyTo: "q1" });
    release();
    await client.next("run_end", 2);
  });
});

test("a gateway that stops sends `draining` before it closes", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();

  await gateway.gateway.close();

  expect(client.types()).toEqual(["connected", "draining"]);
});
