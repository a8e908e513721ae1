import { once } from "node:events";
import type { AgentRunner } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { scriptedAgent } from "../src/testing.ts";
import { echoAgent, gate, heldAgent, type TestClient, testGateway } from "./test-gateway.ts";

const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };

function inOrder(client: TestClient): string[] {
  return client.frames.flatMap((frame) => {
    if (frame.type === "user_message" || frame.type === "message_queued")
      return [`${frame.type} ${frame.content}`];
    return frame.type === "run_end" ? [`${frame.type} ${frame.outcome}`] : [];
  });
}

describe("steer", () => {
  test("enters the active run, under its runId, when the agent next asks", async () => {
    const [released, go] = gate();
    const agent = scriptedAgent([[{ waits: released }, { steers: true }, "both"]]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await client.next("run_start");

    client.send({ type: "message", content: "two", mode: "steer", id: "q2" });
    const ack = await client.next("ack");
    go();
    const { runId } = await client.next("run_end");

    expect(ack).toMatchObject({ replyTo: "q2", runId, position: 0 });
    expect(inOrder(client)).toEqual([
      "user_message one",
      "message_queued two",
      "user_message two",
      "run_end completed",
    ]);
    expect(await client.next("user_message", 2)).toMatchObject({ runId, requestId: "q2" });
  });

  test("of an agent that does not take it asks that agent again, in the same run", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await started(1);

    client.send({ type: "message", content: "two", mode: "steer" });
    await client.next("message_queued");
    release();
    release();
    const { runId } = await client.next("run_end");

    expect(inOrder(client).slice(2)).toEqual(["user_message two", "run_end completed"]);
    expect(client.types().filter((type) => type === "run_start" || type === "message_done")).toEqual([
      "run_start",
      "message_done",
    ]);
    const runs = client.frames.flatMap((frame) => ("runId" in frame && frame.runId ? [frame.runId] : []));
    expect(new Set(runs)).toEqual(new Set([runId]));
    expect((await client.next("message_done")).content).toBe("thinking…onethinking…two");
  });

  test.each([
    [[0.25, 0.5], 0.75],
    [[0.25, undefined], undefined],
    [[undefined, 0.5], undefined],
  ])("of an agent that was asked again costs what both did: %j dollars are %j", async (given, total) => {
    const [started, begun] = gate();
    const [released, release] = gate();
    const costs = [...given];
    const agent: AgentRunner = {
      async *run({ runId }) {
        const costUsd = costs.shift();
        yield { type: "run_start", runId, timestamp: 1 };
        begun();
        await released;
        const cost = costUsd === undefined ? {} : { costUsd };
        yield { type: "run_end", runId, outcome: "completed", usage, ...cost, timestamp: 1 };
      },
    };
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await started;
    client.send({ type: "message", content: "two", mode: "steer" });
    await client.next("message_queued");
    release();

    const { costUsd, ...end } = await client.next("run_end");
    expect(costUsd).toBe(total);
    expect(end.usage).toEqual({ inputTokens: 2, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 });
  });

  test("of a run that is stopped stays in the transcript, before the run's last text", async () => {
    const { agent, started } = heldAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await started(1);
    client.send({ type: "message", content: "two", mode: "steer" });
    await client.next("message_queued");

    client.send({ type: "abort", sessionId: client.sessionId });
    await client.next("run_end");

    const kept = await gateway.store.loadMessages(client.sessionId);
    expect(kept.map(({ role, content }) => [role, content])).toEqual([
      ["user", "one"],
      ["assistant", "thinking…"],
      ["user", "two"],
    ]);
    expect(inOrder(client).at(-1)).toBe("run_end aborted");
  });

  test("stays in the transcript if the agent took the message and failed without an answer", async () => {
    const [started, begun] = gate();
    const [released, go] = gate();
    const agent: AgentRunner = {
      async *run({ runId, takeSteering }) {
        yield { type: "run_start", runId, timestamp: 1 };
        begun();
        await released;
        takeSteering?.();
        throw new Error("a bug");
      },
    };
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await started;

    client.send({ type: "message", content: "two", mode: "steer", id: "q2" });
    await client.next("ack");
    go();
    await client.next("run_end");

    expect(inOrder(client)).toEqual([
      "user_message one",
      "message_queued two",
      "user_message two",
      "run_end failed",
    ]);
  });

  test("without a run is an ordinary message", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    client.send({ type: "message", content: "one", mode: "steer" });
    await client.next("run_end");

    expect(inOrder(client)).toEqual(["user_message one", "run_end completed"]);
  });

  test("counts among the messages that wait", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent, limits: { maxQueuedMessages: 1 } });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await started(1);

    client.send({ type: "message", content: "two", mode: "steer" });
    client.send({ type: "message", content: "three", mode: "steer" });

    expect(await client.next("error")).toMatchObject({ code: "QUEUE_FULL" });
    release();
    release();
    await client.next("run_end");
  });
});

test("interrupt stops the active run and runs next, before waiting messages", async () => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  client.send({ type: "message", content: "one" });
  await started(1);
  client.send({ type: "message", content: "two" });
  await client.next("message_queued");

  client.send({ type: "message", content: "now", mode: "interrupt", id: "q3" });
  await client.next("message_queued", 2);
  for (let count = 0; count < 3; count += 1) release();
  await client.next("run_end", 3);

  expect(await client.next("ack")).toMatchObject({ replyTo: "q3", position: 1 });
  expect(inOrder(client).filter((line) => !line.startsWith("message_queued"))).toEqual([
    "user_message one",
    "run_end aborted",
    "user_message now",
    "run_end completed",
    "user_message two",
    "run_end completed",
  ]);
});

/** An agent that takes its time to stop: a stopped run ends when the test lets it. */
function slowToStop() {
  const [stopped, letStop] = gate();
  const agent: AgentRunner = {
    async *run({ runId, signal, messages }) {
      const content = messages.at(-1)?.content ?? "";
      yield { type: "run_start", runId, timestamp: 1 };
      yield { type: "chunk", runId, messageId: runId, content };
      if (content === "one") {
        await once(signal, "abort");
        await stopped;
      }
      yield { type: "assistant_message", runId, id: runId, content, timestamp: 1 };
      const outcome = signal.aborted ? "aborted" : "completed";
      yield { type: "run_end", runId, outcome, usage, timestamp: 1 };
    },
  };
  return { agent, letStop };
}

describe("while a run stops", () => {
  test("interrupts of several clients run in their order, before waiting messages", async () => {
    const { agent, letStop } = slowToStop();
    await using gateway = await testGateway({ agent });
    const [client, other] = await Promise.all([gateway.connect(), gateway.connect()]);
    client.send({ type: "message", content: "one" });
    await client.next("chunk");
    client.send({ type: "message", content: "later" });
    await client.next("message_queued");

    for (const [index, from] of [client, other, client].entries()) {
      const content = `interrupt ${index + 1}`;
      from.send({ type: "message", sessionId: client.sessionId, content, mode: "interrupt", id: content });
      await from.roundTrip();
    }
    letStop();
    await client.next("run_end", 5);

    const acks = [client, other].flatMap(({ frames }) => frames.filter((frame) => frame.type === "ack"));
    const positions = acks.map(({ replyTo, position }) => `${replyTo} at ${position}`).sort();
    expect(positions).toEqual(["interrupt 1 at 1", "interrupt 2 at 2", "interrupt 3 at 3"]);
    const said = await gateway.store.loadMessages(client.sessionId, { role: "user" });
    const wanted = ["one", "interrupt 1", "interrupt 2", "interrupt 3", "later"];
    expect(said.map(({ content }) => content)).toEqual(wanted);
  });

  test.each([
    ["was aborted", { type: "abort" }],
    ["was interrupted", { type: "message", content: "now", mode: "interrupt" }],
  ] as const)("a message that would steer a run that %s is answered by a run of its own", async (_, stop) => {
    const { agent, letStop } = slowToStop();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    const { runId: stopping } = await client.next("chunk");

    client.send({ ...stop, sessionId: client.sessionId });
    client.send({ type: "message", content: "do this instead", mode: "steer", id: "q2" });
    const { runId } = await client.next("ack");
    letStop();
    await client.next("run_end", stop.type === "abort" ? 2 : 3);

    expect(runId).not.toBe(stopping);
    const messages = await gateway.store.loadMessages(client.sessionId);
    expect(messages.at(-1)).toMatchObject({ role: "assistant", content: "do this instead", runId });
  });
});

test("a steering message at any moment of a run's end is answered by a run", async () => {
  for (let steps = 0; steps < 40; steps += 1) {
    await using gateway = await testGateway({ agent: echoAgent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    client.once("chunk", () => {
      let last = Promise.resolve();
      for (let step = 0; step < steps; step += 1) last = last.then(() => undefined);
      void last.then(() => client.send({ type: "message", content: "two", mode: "steer", id: "q2" }));
    });

    const { runId } = await client.next("ack");
    while (!client.frames.some((frame) => frame.type === "run_end" && frame.runId === runId))
      await client.anyFrame();

    const answers = await gateway.store.loadMessages(client.sessionId);
    expect([steps, answers.at(-1)?.role, answers.at(-1)?.content]).toEqual([steps, "assistant", "two"]);
  }
});

describe("a tool call that waits for a decision", () => {
  /** Requests two approvals at once, and yields the decisions. */
  const asking: AgentRunner = {
    async *run({ runId, signal, decision }) {
      const toolCalls = ["c1", "c2"].map((callId) => ({ callId, toolName: "bash", input: {} }));
      yield { type: "assistant_message", runId, id: "m1", content: "", timestamp: 1, toolCalls };
      for (const { callId, toolName } of toolCalls) {
        yield { type: "approval_request", runId, callId, toolName, reason: "it wants to" };
      }
      for (const { callId, toolName } of toolCalls) {
        const decided = (await decision?.(callId, { signal })) ?? "deny";
        yield { type: "approval_done", runId, callId, decision: decided };
        const result = { callId, toolName, output: decided, isError: decided === "deny", timestamp: 1 };
        yield { type: "tool_done", runId, id: `t-${callId}`, ...result };
      }
      yield { type: "run_end", runId, outcome: "completed", usage, timestamp: 1 };
    },
  };

  test("is shown to every watcher, and any of them may answer, once, whatever the order", async () => {
    await using gateway = await testGateway({ agent: asking });
    const [first, second] = await Promise.all([gateway.connect(), gateway.connect()]);
    const { sessionId } = first;
    first.send({ type: "message", content: "do it" });
    await second.next("approval_request", 2);

    second.send({ type: "approve", sessionId, callId: "c2", decision: "deny" });
    second.send({ type: "approve", sessionId, callId: "c2", decision: "once", id: "q1" });
    second.send({ type: "approve", sessionId, callId: "c1", decision: "session" });
    await first.next("run_end");

    expect(await second.next("error")).toMatchObject({ code: "APPROVAL_EXPIRED", replyTo: "q1" });
    const decided = first.frames.flatMap((frame) =>
      frame.type === "approval_done" ? [[frame.callId, frame.decision]] : [],
    );
    expect(decided).toEqual([
      ["c1", "session"],
      ["c2", "deny"],
    ]);
  });

  test("survives a reload: it is shown again to a client that resumes", async () => {
    await using gateway = await testGateway({ agent: asking });
    const before = await gateway.connect();
    const { sessionId } = before;
    before.send({ type: "message", content: "do it" });
    await before.next("approval_request", 2);
    await before.close();

    const after = await gateway.connect();
    after.send({ type: "resume", sessionId });
    const { callId } = await after.next("approval_request");
    for (const one of [callId, "c2"])
      after.send({ type: "approve", sessionId, callId: one, decision: "once" });

    expect(await after.next("run_end")).toMatchObject({ outcome: "completed" });
  });

  test("is cancelled when its run is stopped", async () => {
    await using gateway = await testGateway({ agent: asking });
    const client = await gateway.connect();
    const { sessionId } = client;
    client.send({ type: "message", content: "do it" });
    await client.next("approval_request", 2);

    client.send({ type: "abort", sessionId });
    await client.next("run_end");
    client.send({ type: "approve", sessionId, callId: "c1", decision: "once" });

    expect(await client.next("run_end")).toMatchObject({ outcome: "aborted" });
    expect(await client.next("error")).toMatchObject({ code: "APPROVAL_EXPIRED" });
  });

  test("is not given by a late decision on a call of an earlier run with the same id", async () => {
    await using gateway = await testGateway({ agent: asking });
    const client = await gateway.connect();
    const { sessionId } = client;
    client.send({ type: "message", content: "first" });
    const { runId: first } = await client.next("approval_request", 2);
    client.send({ type: "message", content: "second", mode: "interrupt" });
    const { runId: second } = await client.next("approval_request", 4);

    const late = { type: "approve", sessionId, callId: "c1", decision: "once" } as const;
    client.send({ ...late, runId: first, id: "late" });
    expect(await client.next("error")).toMatchObject({ code: "APPROVAL_EXPIRED", replyTo: "late" });
    for (const callId of ["c1", "c2"])
      client.send({ type: "approve", sessionId, callId, decision: "deny", runId: second });
    await client.next("run_end", 2);

    const decided = client.frames.flatMap((frame) =>
      frame.type === "approval_done" ? [frame.decision] : [],
    );
    expect(decided).toEqual(["deny", "deny"]);
  });
});
