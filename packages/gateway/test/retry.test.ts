import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentInput, AgentRunner, RunEvent, RunOutcome } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { openSessionStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { scriptedAgent } from "../src/testing.ts";
import { heldAgent, type TestClient, testGateway } from "./test-gateway.ts";

const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };

// More than any test here needs.
const MAX_RUNS = 20;

/**
 * Answers with `answer 1`, `answer 2`, …, and keeps its messages. A scripted outcome has no answer.
 */
function countingAgent(...script: RunOutcome[]) {
  const agent = scriptedAgent(
    Array.from({ length: MAX_RUNS }, (_, index) => {
      const outcome = script[index] ?? "completed";
      return outcome === "completed" ? `answer ${index + 1}` : { ends: outcome };
    }),
  );
  const linesOf = ({ messages }: AgentInput) => messages.map(({ role, content }) => `${role}: ${content}`);
  return {
    agent,
    shown: () => agent.inputs.map(linesOf),
  };
}

function says(runId: string, content: string): RunEvent {
  return { type: "assistant_message", runId, id: `${runId}-1`, content, timestamp: 1 };
}

async function say(client: TestClient, content: string): Promise<string> {
  const before = client.types().filter((type) => type === "run_end").length;
  client.send({ type: "message", content });
  return (await client.next("run_end", before + 1)).runId;
}

async function retry(client: TestClient, runId: string): Promise<string> {
  const before = client.types().filter((type) => type === "run_end").length;
  client.send({ type: "retry", sessionId: client.sessionId, runId });
  return (await client.next("run_end", before + 1)).runId;
}

test("a retry answers the messages of the newest run anew, without a second user line", async () => {
  const { agent, shown } = countingAgent();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  const first = await say(client, "one");

  client.send({ type: "retry", id: "q1", sessionId: client.sessionId, runId: first });
  const { runId } = await client.next("run_end", 2);

  expect(await client.next("ack")).toMatchObject({ replyTo: "q1", runId, position: 0 });
  const events = client.frames.filter((frame) => "runId" in frame && frame.runId === runId);
  expect(events.map((event) => ({ ...event, seq: 0, timestamp: 0, sessionId: "" }))).toMatchObject([
    { type: "run_start", retryOf: first },
    { type: "ack" },
    { type: "chunk", content: "answer 2" },
    { type: "assistant_message", content: "answer 2", retryOf: first },
    { type: "message_done" },
    { type: "run_end", outcome: "completed" },
  ]);
  expect(shown()).toEqual([["user: one"], ["user: one"]]);
});

test("later runs do not get an answer that a retry replaced", async () => {
  const { agent, shown } = countingAgent();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  await say(client, "one");
  await retry(client, await say(client, "two"));

  await say(client, "three");

  expect(shown().at(-1)).toEqual([
    "user: one",
    "assistant: answer 1",
    "user: two",
    "assistant: answer 3",
    "user: three",
  ]);
});

test("a retry can be retried", async () => {
  const { agent, shown } = countingAgent();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  const second = await retry(client, await say(client, "one"));

  await retry(client, second);
  await say(client, "two");

  expect(shown().slice(2)).toEqual([["user: one"], ["user: one", "assistant: answer 3", "user: two"]]);
});

describe("a retry that ended before it said anything", () => {
  test.each(["itself", "what it was to replace"])("is retried by the name of %s", async (name) => {
    const { agent, shown } = countingAgent("completed", "failed");
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    const first = await say(client, "one");
    const second = await retry(client, first);

    await retry(client, name === "itself" ? second : first);
    await say(client, "two");

    expect(await client.next("run_start", 3)).toMatchObject({ retryOf: first });
    expect(shown().slice(1)).toEqual([
      ["user: one"],
      ["user: one"],
      ["user: one", "assistant: answer 3", "user: two"],
    ]);
  });
});

test.each(["failed", "aborted", "max_rounds"] as const)(
  "a run that ended as %s can be retried",
  async (outcome) => {
    const { agent, shown } = countingAgent(outcome);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();

    await retry(client, await say(client, "one"));

    expect(shown()).toEqual([["user: one"], ["user: one"]]);
    expect(await client.next("run_end", 2)).toMatchObject({ outcome: "completed" });
  },
);

test("messages that steered the run are answered too", async () => {
  const shown: string[][] = [];
  let steered: () => Promise<unknown> = async () => undefined;
  const agent: AgentRunner = {
    async *run(input) {
      const { runId } = input;
      shown.push(contents(input));
      yield { type: "run_start", runId, timestamp: 1 };
      yield { ...says(runId, `turn of ${shown.length}`), id: `${runId}-0` } as RunEvent;
      if (shown.length === 1) await steered();
      for (const { role: _, ...said } of input.takeSteering?.() ?? [])
        yield { type: "user_message", runId, id: `${runId}-s`, ...said };
      yield says(runId, `end of ${shown.length}`);
      yield { type: "run_end", runId, outcome: "completed", usage, timestamp: 1 };
    },
  };
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  steered = async () => {
    client.send({ type: "message", content: "and two", mode: "steer" });
    await client.next("message_queued");
  };
  const first = await say(client, "one");

  await retry(client, first);
  await say(client, "three");

  expect(shown.slice(1)).toEqual([
    ["one", "and two"],
    ["one", "and two", "turn of 2", "end of 2", "three"],
  ]);
});

test("a message that steers a retry belongs to what a later retry answers", async () => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  client.send({ type: "message", content: "one" });
  release();
  const { runId: first } = await client.next("run_end");
  client.send({ type: "retry", sessionId: client.sessionId, runId: first });
  await started(2);
  client.send({ type: "message", content: "and two", mode: "steer" });
  await client.next("message_queued");
  release();
  release();
  const { runId: second } = await client.next("run_end", 2);

  client.send({ type: "retry", sessionId: client.sessionId, runId: second });
  const inputs = await started(4);
  release();

  expect(inputs.slice(1).map(contents)).toEqual([["one"], ["one", "one", "and two"], ["one", "and two"]]);
  const answers = (await gateway.store.loadMessages(client.sessionId)).filter(
    ({ role }) => role === "assistant",
  );
  expect(answers.map((entry) => entry.role === "assistant" && entry.retryOf)).toEqual([
    undefined,
    first,
    first,
  ]);
});

test("a run of more messages than the agent gets is retried with what set it off", async () => {
  const shown: string[][] = [];
  const agent: AgentRunner = {
    async *run(input) {
      const { runId } = input;
      shown.push(contents(input));
      for (let count = 0; count < 5; count += 1) {
        const toolCalls = [{ callId: `c${count}`, toolName: "bash", input: {} }];
        yield {
          type: "assistant_message",
          runId,
          id: `${runId}-${count}`,
          content: "",
          timestamp: 1,
          toolCalls,
        };
        const result = { callId: `c${count}`, toolName: "bash", output: "ok", isError: false, timestamp: 1 };
        yield { type: "tool_done", runId, id: `${runId}-t${count}`, ...result };
      }
      yield { type: "run_end", runId, outcome: "completed", usage, timestamp: 1 };
    },
  };
  await using gateway = await testGateway({ agent, maxContextMessages: 3 });
  const client = await gateway.connect();
  await gateway.store.appendMessage(client.sessionId, { role: "user", content: "long ago", timestamp: 1 });

  await retry(client, await say(client, "one"));

  expect(shown.at(-1)).toEqual(["long ago", "one"]);
});

test("a summary that a run made before it answered stays; one of its own answers does not", async () => {
  const shown: string[][] = [];
  const agent: AgentRunner = {
    async *run(input) {
      const { runId } = input;
      shown.push(contents(input));
      yield { type: "compaction", runId, id: `${runId}-k1`, content: "summary before", timestamp: 1 };
      yield says(runId, "answer");
      yield { type: "compaction", runId, id: `${runId}-k2`, content: "summary after", timestamp: 1 };
      yield { type: "run_end", runId, outcome: "completed", usage, timestamp: 1 };
    },
  };
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();

  await retry(client, await say(client, "one"));

  expect(shown.at(-1)).toEqual(["one", "summary before"]);
});

describe("a retry is refused", () => {
  test("while something runs or waits", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    const [{ runId } = { runId: "" }] = await started(1);

    client.send({ type: "retry", id: "q1", sessionId: client.sessionId, runId });

    expect(await client.next("error")).toMatchObject({
      code: "SESSION_BUSY",
      retryable: true,
      replyTo: "q1",
    });
    release();
    await client.next("run_end");
  });

  test.each([
    ["an older run", async (client: TestClient) => say(client, "two")],
    [
      "a run after which something was appended",
      async (client: TestClient, append: (sessionId: string) => Promise<unknown>) => append(client.sessionId),
    ],
  ])("for %s", async (_what, goOn) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const runId = await say(client, "one");
    await goOn(client, (sessionId) =>
      gateway.store.appendMessage(sessionId, { role: "assistant", content: "by the way", timestamp: 1 }),
    );

    client.send({ type: "retry", id: "q1", sessionId: client.sessionId, runId });

    expect(await client.next("error")).toMatchObject({ code: "RUN_NOT_FOUND", replyTo: "q1" });
    expect(gateway.failures).toEqual([]);
  });

  test("in a session without a message", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    client.send({ type: "retry", sessionId: client.sessionId, runId: "none" });

    expect(await client.next("error")).toMatchObject({ code: "RUN_NOT_FOUND" });
    expect(await gateway.store.listSessions()).toEqual({ sessions: [] });
  });
});

describe("a retry that is sent again with its id", () => {
  test("runs once, and is acknowledged each time with the same run", async () => {
    const { agent, shown } = countingAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    const { sessionId } = client;
    const runId = await say(client, "one");
    const command = { type: "retry", id: "q1", sessionId, runId } as const;

    client.send(command);
    client.send(command);
    await client.next("run_end", 2);
    client.send(command);
    await client.next("ack", 3);

    const acks = client.frames.flatMap((frame) => (frame.type === "ack" ? [frame.runId] : []));
    expect(new Set(acks).size).toBe(1);
    expect(shown()).toHaveLength(2);
  });

  test("is refused if its id was that of a message", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const { sessionId } = client;
    client.send({ type: "message", id: "q1", content: "one" });
    const { runId } = await client.next("run_end");

    client.send({ type: "retry", id: "q1", sessionId, runId });

    expect(await client.next("error")).toMatchObject({ code: "REQUEST_CONFLICT", replyTo: "q1" });
  });
});

test("a retry from inside the process gives its run's end", async () => {
  const { agent } = countingAgent();
  await using gateway = await testGateway({ agent });
  const { sessionId } = await gateway.store.createSession("schedule");
  const first = await gateway.gateway.submit({ sessionId, content: "one" });
  await first.ended;

  const second = await gateway.gateway.retry({ sessionId, runId: first.runId, requestId: "q1" });

  expect(await second.ended).toMatchObject({ outcome: "completed" });
  const again = await gateway.gateway.retry({ sessionId, runId: first.runId, requestId: "q1" });
  expect(again.runId).toBe(second.runId);
  expect(await again.ended).toEqual({ outcome: "completed", content: "answer 2", usage: noUsage });
});

describe("after a crash, on disk", () => {
  /** A copy of the live directory is what a killed process leaves behind. */
  async function crash(directory: string): Promise<string> {
    const left = await mkdtemp(join(tmpdir(), "gateway-"));
    await cp(directory, left, { recursive: true });
    return left;
  }

  test("a run that was cut off while it was a retry is closed as one, and can be retried", async () => {
    const directory = await mkdtemp(join(tmpdir(), "gateway-"));
    const { agent: held, started, release } = heldAgent();
    await using before = await testGateway({ agent: held, store: await openSessionStore(directory) });
    const client = await before.connect();
    const { sessionId } = client;
    client.send({ type: "message", content: "one" });
    release();
    const { runId: first } = await client.next("run_end");
    client.send({ type: "retry", id: "q1", sessionId, runId: first });
    await started(2);
    await client.next("chunk", 4);
    const { runId: second } = await client.next("ack");
    const left = await crash(directory);

    const { agent, shown } = countingAgent();
    const store = await openSessionStore(left);
    await using after = await testGateway({ agent, store });
    await store.recover();
    const cut = (await store.loadMessages(sessionId)).at(-1);
    const again = await after.connect();
    again.send({ type: "retry", id: "q2", sessionId, runId: second });
    await again.next("run_end");

    expect(cut).toMatchObject({
      content: "thinking…",
      partial: "interrupted",
      runId: second,
      retryOf: first,
    });
    expect(shown()).toEqual([["user: one"]]);
    await Promise.all([directory, left].map((one) => rm(one, { recursive: true, force: true })));
  });

  test("a message that was waiting can be retried, and what a retry replaced stays out", async () => {
    const directory = await mkdtemp(join(tmpdir(), "gateway-"));
    const { agent: held, started } = heldAgent();
    await using before = await testGateway({ agent: held, store: await openSessionStore(directory) });
    const client = await before.connect();
    const { sessionId } = client;
    client.send({ type: "message", content: "one" });
    await started(1);
    client.send({ type: "message", content: "two" });
    const { runId } = await client.next("message_queued");
    const left = await crash(directory);

    const { agent, shown } = countingAgent();
    const store = await openSessionStore(left);
    await using after = await testGateway({ agent, store });
    await store.recover();
    const again = await after.connect();
    again.sessionId = sessionId;
    again.send({ type: "resume", sessionId });
    const answered = await retry(again, runId);
    await retry(again, answered);
    await say(again, "three");

    expect(shown()).toEqual([
      ["user: one", "assistant: thinking…", "user: two"],
      ["user: one", "assistant: thinking…", "user: two"],
      ["user: one", "assistant: thinking…", "user: two", "assistant: answer 2", "user: three"],
    ]);
    await Promise.all([directory, left].map((one) => rm(one, { recursive: true, force: true })));
  });
});

function contents({ messages }: AgentInput): string[] {
  return messages.map(({ content }) => content);
}
