import { EventEmitter, once } from "node:events";
import type { AgentRunner, RunEvent } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { scriptedAgent } from "../src/testing.ts";
import { heldAgent, MemorySocket, testGateway } from "./test-gateway.ts";

describe("one message", () => {
  // rows 30.f, 30.g
  test("goes through in the documented order, numbered from 1", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    client.send({ type: "message", content: "hello" });
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
    const seqs = client.frames.flatMap((frame) => ("seq" in frame ? [frame.seq] : []));
    expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await client.next("message_done")).toMatchObject({ content: "hello" });
  });

  test("is saved before it is emitted, and so are the agent's events", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    client.send({ type: "message", content: "hello", id: "q1" });
    await client.next("run_end");

    const messages = await gateway.store.loadMessages(client.sessionId);
    expect(messages.map(({ seq, role, content }) => [seq, role, content])).toEqual([
      [1, "user", "hello"],
      [5, "assistant", "hello"],
    ]);
    expect(messages[0]).toMatchObject({ requestId: "q1" });
  });

  test("with an id is acknowledged under it", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    client.send({ type: "message", content: "hello", id: "q1" });

    const { runId } = await client.next("run_start");
    expect(await client.next("ack")).toEqual({
      type: "ack",
      replyTo: "q1",
      sessionId: client.sessionId,
      runId,
      position: 0,
    });
  });

  test.each([
    ["the gateway's option", { maxContextMessages: 3 }, undefined],
    ["the agent's need", {}, 3],
    ["the gateway's option before the agent's need", { maxContextMessages: 3 }, 50],
  ])("reaches the agent once, as the last of the session's newest messages: %s", async (_, options, need) => {
    const scripted = scriptedAgent(["ok", "ok", "ok"]);
    const agent = { ...scripted, ...(need !== undefined && { neededMessages: need }) };
    await using gateway = await testGateway({ agent, ...options });
    const client = await gateway.connect();

    for (const content of ["one", "two", "three"]) client.send({ type: "message", content });
    await client.next("run_end", 3);

    const seen = scripted.inputs.map(({ messages }) => messages);
    expect(seen.map((messages) => messages.map(({ role, content }) => `${role}: ${content}`))).toEqual([
      ["user: one"],
      ["user: one", "assistant: ok", "user: two"],
      ["user: two", "assistant: ok", "user: three"],
    ]);
  });
});

describe("two clients on one session", () => {
  test("see the same events in the same order, and runs do not interleave", async () => {
    await using gateway = await testGateway();
    const clients = await Promise.all([gateway.connect(), gateway.connect()]);
    const [first, second] = clients;
    const count = 10;

    for (let round = 0; round < count; round += 1) {
      first.send({ type: "message", content: `first ${round}` });
      second.send({ type: "message", content: `second ${round}` });
    }
    await Promise.all(clients.map((client) => client.next("run_end", 2 * count)));

    expect(first.sessionId).toBe(second.sessionId);
    const events = first.frames.filter((frame) => "seq" in frame);
    expect(second.frames.filter((frame) => "seq" in frame)).toEqual(events);
    const inRun = events.flatMap((event) =>
      event.type === "message_queued" || !("runId" in event) ? [] : [event.runId],
    );
    const changes = inRun.filter((runId, index) => runId !== inRun[index - 1]);
    expect(changes).toHaveLength(2 * count);
  });

  test("the second message is recorded as queued, keeps its runId, and runs after the first", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const [first, second] = await Promise.all([gateway.connect(), gateway.connect()]);
    first.send({ type: "message", content: "one", id: "q1" });
    await started(1);

    second.send({ type: "message", content: "two", id: "q2" });

    const queued = await first.next("message_queued");
    const ack = await second.next("ack");
    expect(ack).toMatchObject({ replyTo: "q2", position: 1, runId: queued.runId });
    release();
    release();
    expect(await second.next("user_message", 2)).toMatchObject({ content: "two", runId: queued.runId });
    await second.next("run_end", 2);
  });

  test("a message that comes at any moment while the run before it ends runs once", async () => {
    for (let steps = 0; steps < 40; steps += 1) {
      await using gateway = await testGateway();
      const socket = new MemorySocket();
      gateway.gateway.accept(socket);
      socket.startReading();
      await socket.next("connected");
      socket.receive({ type: "message", content: "one" });
      socket.once("run_end", () => {
        let last = Promise.resolve();
        for (let step = 0; step < steps; step += 1) last = last.then(() => undefined);
        void last.then(() => socket.receive({ type: "message", content: "two" }));
      });

      await socket.next("run_end", 2);

      const runs = socket.frames.flatMap((frame) => (frame.type === "run_end" ? [frame.outcome] : []));
      expect([steps, ...runs]).toEqual([steps, "completed", "completed"]);
      const said = socket.frames.flatMap((frame) => (frame.type === "user_message" ? [frame.content] : []));
      expect([steps, ...said]).toEqual([steps, "one", "two"]);
    }
  });

  test("a full queue refuses a message, with its limit", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent, limits: { maxQueuedMessages: 1 } });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await started(1);

    client.send({ type: "message", content: "two" });
    client.send({ type: "message", content: "three", id: "q3" });

    expect(await client.next("error")).toEqual({
      type: "error",
      code: "QUEUE_FULL",
      message: "The session's queue is full (limit: 1). Send the message again later.",
      retryable: true,
      replyTo: "q3",
    });
    release();
    release();
    await client.next("run_end", 2);
  });
});

describe("a run that the agent does not end well", () => {
  test.each<[string, (runId: string) => AsyncGenerator<RunEvent>, string]>([
    [
      "throws",
      async function* (runId) {
        yield { type: "chunk", runId, messageId: "m1", content: "Hal" };
        throw new Error("secret detail");
      },
      "run R: secret detail",
    ],
    [
      "returns without run_end",
      async function* (runId) {
        yield { type: "chunk", runId, messageId: "m1", content: "Hal" };
      },
      "run R: The agent returned without yielding `run_end`. It must be the last event of every run.",
    ],
    [
      "yields an event of another run",
      async function* (runId) {
        yield { type: "chunk", runId, messageId: "m1", content: "Hal" };
        yield { type: "chunk", runId: "other", messageId: "m1", content: "lo" };
      },
      'run R: The agent yielded chunk: `runId` must be R, got "other". Use the `runId` of its input.',
    ],
  ])("%s: what it said is kept, and the run ends once, as failed", async (_how, run, complaint) => {
    await using gateway = await testGateway({ agent: { run: ({ runId }) => run(runId) } });
    const client = await gateway.connect();

    client.send({ type: "message", content: "hello" });
    const { runId, outcome } = await client.next("run_end");

    expect(outcome).toBe("failed");
    expect(
      client.frames.slice(2).map((frame) => ({ ...frame, seq: 0, timestamp: 0, sessionId: "" })),
    ).toMatchObject([
      { type: "run_start" },
      { type: "chunk", content: "Hal" },
      { type: "assistant_message", id: "m1", content: "Hal", partial: "interrupted" },
      { type: "run_error", code: "AGENT_FAILED", message: "The agent failed.", retryable: true },
      { type: "message_done", content: "Hal" },
      { type: "run_end", outcome: "failed" },
    ]);
    expect(gateway.failures).toEqual([complaint.replaceAll(/\bR\b/g, runId)]);
  });

  test("leaves the session usable", async () => {
    const agent = scriptedAgent([{ throws: new Error("once") }, "fine"]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();

    client.send({ type: "message", content: "one" });
    client.send({ type: "message", content: "two" });

    expect(await client.next("run_end", 2)).toMatchObject({ outcome: "completed" });
  });

  test("lacks run_start, message_done or results: they are added", async () => {
    const agent: AgentRunner = {
      async *run({ runId }) {
        const toolCalls = [{ callId: "c1", toolName: "bash", input: {} }];
        yield { type: "assistant_message", runId, id: "m1", content: "", timestamp: 1, toolCalls };
        yield ended(runId);
      },
    };
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();

    client.send({ type: "message", content: "hello" });
    await client.next("run_end");

    expect(client.types().slice(2)).toEqual([
      "run_start",
      "assistant_message",
      "tool_done",
      "message_done",
      "run_end",
    ]);
  });
});

describe("abort", () => {
  test("stops the run, and saves and marks its text", async () => {
    const { agent, started } = heldAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "hello" });
    await started(1);

    client.send({ type: "abort", sessionId: client.sessionId });

    expect(await client.next("run_end")).toMatchObject({ outcome: "aborted" });
    expect(await client.next("assistant_message")).toMatchObject({
      content: "thinking…",
      partial: "aborted",
    });
    expect(await client.next("message_done")).toMatchObject({ content: "thinking…" });
  });

  test("ends a run whose agent does not listen, after the grace", async () => {
    let begun: () => void = () => undefined;
    const running = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const agent: AgentRunner = {
      async *run({ runId }) {
        yield { type: "chunk", runId, messageId: "m1", content: "deaf" };
        begun();
        await new Promise(() => undefined);
      },
    };
    await using gateway = await testGateway({ agent, abortGraceMs: 1 });
    const client = await gateway.connect();
    client.send({ type: "message", content: "hello" });
    await running;

    client.send({ type: "abort", sessionId: client.sessionId });

    expect(await client.next("run_end")).toMatchObject({ outcome: "aborted" });
    expect(await client.next("message_done")).toMatchObject({ content: "deaf" });
  });

  test("of a waiting message ends it at once, as if it had not been sent", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    const [first] = await started(1);
    client.send({ type: "message", content: "two" });
    const { runId } = await client.next("message_queued");
    client.send({ type: "message", content: "three" });
    await client.next("message_queued", 2);

    client.send({ type: "abort", sessionId: client.sessionId, runId });
    // While the run before it is active.
    expect(await client.next("run_end")).toMatchObject({ runId, outcome: "aborted" });
    release();
    expect(await client.next("run_end", 2)).toMatchObject({ runId: first?.runId, outcome: "completed" });
    await started(2);
    release();
    await client.next("run_end", 3);

    const messages = await gateway.store.loadMessages(client.sessionId);
    expect(messages.flatMap(({ role, content }) => (role === "user" ? [content] : []))).toEqual([
      "one",
      "three",
    ]);
    client.send({ type: "abort", id: "q1", sessionId: client.sessionId, runId });
    expect(await client.next("error")).toMatchObject({ replyTo: "q1", code: "RUN_NOT_FOUND" });
  });

  test("without a run is refused", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    client.send({ type: "abort", id: "q1", sessionId: client.sessionId });

    expect(await client.next("error")).toMatchObject({ code: "RUN_NOT_FOUND", replyTo: "q1" });
  });
});

test("a disconnect never stops a run", async () => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent });
  const [client, other] = await Promise.all([gateway.connect(), gateway.connect()]);
  client.send({ type: "message", content: "hello" });
  await started(1);

  await client.close();
  release();

  expect(await other.next("run_end")).toMatchObject({ outcome: "completed" });
});

test("closing the gateway lets runs end, and interrupts those that take longer than drainMs", async () => {
  const { agent, started } = heldAgent();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  client.send({ type: "message", content: "hello" });
  await started(1);

  await gateway.gateway.close({ drainMs: 1 });

  expect(await client.next("run_end")).toMatchObject({ outcome: "interrupted" });
});

test("closing the gateway with an endless drainMs lets runs end, however long they take", async () => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  client.send({ type: "message", content: "hello" });
  await started(1);

  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const closing = gateway.gateway.close({ drainMs: Number.POSITIVE_INFINITY });
  await vi.advanceTimersByTimeAsync(86_400_000);
  release();
  await closing;

  expect(await client.next("run_end")).toMatchObject({ outcome: "completed" });
});

function ended(runId: string): RunEvent {
  return { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
}

describe("the log of a session", () => {
  function watchedStore() {
    const store = createMemoryStore();
    const changed = new EventEmitter();
    const history: string[] = [];
    const openLog = store.openLog.bind(store);
    store.openLog = async (sessionId) => {
      history.push("open");
      const log = await openLog(sessionId);
      const close = log.close.bind(log);
      log.close = async () => {
        await close();
        history.push("close");
        changed.emit("close");
      };
      return log;
    };
    return { store, history, closed: () => once(changed, "close") };
  }

  test("stays open from one run to the next, until the gateway closes", async () => {
    const { store, history } = watchedStore();
    await using gateway = await testGateway({ store });
    const client = await gateway.connect();

    client.send({ type: "message", content: "one" });
    await client.next("run_end");
    client.send({ type: "message", content: "two" });
    await client.next("run_end", 2);
    await gateway.gateway.close();

    expect(history).toEqual(["open", "close"]);
  });

  test("is let go when no message came for idleMs, and opened again by the next one", async () => {
    const { store, history, closed } = watchedStore();
    await using gateway = await testGateway({ store, idleMs: 1 });
    const client = await gateway.connect();

    const letGo = closed();
    client.send({ type: "message", content: "one" });
    await client.next("run_end");
    await letGo;
    client.send({ type: "message", content: "two" });
    await client.next("run_end", 2);

    expect(history.slice(0, 3)).toEqual(["open", "close", "open"]);
  });
});
