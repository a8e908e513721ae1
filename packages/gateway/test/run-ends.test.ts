import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentRunner, RunOutcome, ViewItem } from "@mini-openclaw/protocol";
import { emptyView, fold, noUsage } from "@mini-openclaw/protocol";
import { openSessionStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { scriptedAgent } from "../src/testing.ts";
import { heldAgent, type TestClient, testGateway } from "./test-gateway.ts";

const failure = { code: "MODEL_UNREACHABLE", message: "The model cannot be reached.", retryable: true };

/** An agent whose runs end with the outcome that the message names, without text. */
const endsAsTold: AgentRunner = {
  async *run({ runId, messages }) {
    const [outcome, hasError] = (messages.at(-1)?.content ?? "").split(" ");
    yield { type: "run_start", runId, timestamp: 1 };
    if (hasError) yield { type: "error", runId, ...failure };
    yield { type: "run_end", runId, outcome: outcome as RunOutcome, usage: noUsage, timestamp: 1 };
  },
};

function isForSession(frame: TestClient["frames"][number]) {
  return "seq" in frame || frame.type === "resync" || frame.type === "history";
}

function itemsOf({ frames }: TestClient): Partial<ViewItem>[] {
  const { items } = frames.filter(isForSession).reduce(fold, emptyView);
  return items.map((item) => ({ ...item, seq: 0 }));
}

describe("the end of a run without text is shown to a client that did not watch it:", () => {
  test.each([
    "failed error",
    "failed",
    "budget error",
    "budget",
    "refused",
    "max_rounds",
    "loop_detected",
    "aborted",
    "interrupted",
    "completed",
  ])("%s", async (content) => {
    await using gateway = await testGateway({ agent: endsAsTold });
    const watching = await gateway.connect();
    const { sessionId } = watching;
    watching.send({ type: "message", content });
    await watching.next("run_end");

    const [reloaded, older] = await Promise.all([gateway.connect(), gateway.connect()]);
    reloaded.send({ type: "resume", sessionId });
    await reloaded.next("resync");
    older.send({ type: "history", sessionId });
    const { runEnds } = await older.next("history");

    expect(itemsOf(reloaded)).toEqual(itemsOf(watching));
    const [outcome, hasError] = content.split(" ");
    expect(runEnds).toMatchObject([{ type: "run_end", outcome, ...(hasError && { error: failure }) }]);
  });

  test("an agent that throws", async () => {
    const agent = scriptedAgent([{ throws: new Error("a bug") }]);
    await using gateway = await testGateway({ agent });
    const watching = await gateway.connect();
    watching.send({ type: "message", content: "one" });
    await watching.next("run_end");

    const reloaded = await gateway.connect();
    reloaded.send({ type: "resume", sessionId: watching.sessionId });
    await reloaded.next("resync");

    expect(itemsOf(reloaded)).toEqual(itemsOf(watching));
    expect(itemsOf(reloaded)).toContainEqual(
      expect.objectContaining({ kind: "error", code: "AGENT_FAILED" }),
    );
  });

  test("a retry that failed before it said anything", async () => {
    await using gateway = await testGateway({ agent: endsAsTold });
    const watching = await gateway.connect();
    const { sessionId } = watching;
    watching.send({ type: "message", content: "failed error" });
    const { runId } = await watching.next("run_end");
    watching.send({ type: "retry", sessionId, runId });
    await watching.next("run_end", 2);

    const reloaded = await gateway.connect();
    reloaded.send({ type: "resume", sessionId });
    await reloaded.next("resync");

    expect(itemsOf(reloaded)).toEqual(itemsOf(watching));
  });
});

test("nothing is shown of a message that was cancelled while it waited", async () => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  const { sessionId } = client;
  client.send({ type: "message", content: "one" });
  await started(1);
  client.send({ type: "message", content: "two" });
  const { runId } = await client.next("message_queued");
  client.send({ type: "abort", sessionId, runId });
  await client.next("run_end");
  release();
  await client.next("run_end", 2);

  const reloaded = await gateway.connect();
  reloaded.send({ type: "resume", sessionId });
  const { runEnds } = await reloaded.next("resync");

  expect(runEnds?.map((end) => end.outcome)).toEqual(["completed"]);
  expect(itemsOf(reloaded)).toEqual(itemsOf(client));
});

test("each page of a history has the ends of its own runs", async () => {
  await using gateway = await testGateway({ agent: endsAsTold });
  const client = await gateway.connect();
  const { sessionId } = client;
  for (const content of ["failed error", "refused", "budget"]) {
    await (await gateway.gateway.submit({ sessionId, content })).ended;
  }

  client.send({ type: "history", sessionId, limit: 1 });
  const newest = await client.next("history");
  client.send({ type: "history", sessionId, limit: 1, before: newest.messages[0]?.seq ?? 0 });
  const older = await client.next("history", 2);

  const outcomes = [newest, older].map(({ runEnds = [] }) => runEnds.map(({ outcome }) => outcome));
  expect(outcomes).toEqual([["budget"], ["refused"]]);
});

test("a run that a crash left failed keeps the code of its error", async () => {
  const [folder, left] = await Promise.all(
    ["a", "b"].map((name) => mkdtemp(join(tmpdir(), `run-ends-${name}`))),
  );
  if (!folder || !left) throw new TypeError("mkdtemp gave no name");
  const agent: AgentRunner = {
    async *run({ runId, signal }) {
      yield { type: "run_start", runId, timestamp: 1 };
      yield { type: "error", runId, ...failure };
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
  await using before = await testGateway({ agent, store: await openSessionStore(folder) });
  const client = await before.connect();
  const { sessionId } = client;
  client.send({ type: "message", content: "one" });
  await client.next("run_error");
  await cp(folder, left, { recursive: true });

  const store = await openSessionStore(left);
  await using after = await testGateway({ store });
  const reloaded = await after.connect();
  reloaded.send({ type: "message", sessionId, content: "two" });
  await reloaded.next("run_end");
  reloaded.send({ type: "history", sessionId });
  const { runEnds } = await reloaded.next("history");
  await Promise.all([folder, left].map((one) => rm(one, { recursive: true })));

  expect(runEnds?.[0]).toMatchObject({ outcome: "interrupted", error: failure });
});

test("over HTTP, a failed run that is requested again has its error", async () => {
  await using test = await testGateway({ agent: endsAsTold });
  const send = () => test.gateway.submit({ key: "webchat", content: "failed error", requestId: "q1" });

  const [first, again] = [await (await send()).ended, await (await send()).ended];

  expect(first.error).toEqual(failure);
  expect(again).toEqual(first);
});

test("a run whose answer is too long to be saved ends, and its session takes the next message", async () => {
  const folder = await mkdtemp(join(tmpdir(), "long-answer-"));
  const agent = scriptedAgent([{ says: Array<string>(70).fill("x".repeat(1_000_000)) }, "Short."]);
  await using test = await testGateway({ agent, store: await openSessionStore(folder) });
  const send = () => test.gateway.submit({ key: "webchat", content: "go" });
  const [long, short] = [await (await send()).ended, await (await send()).ended];
  await test.gateway.close();
  await rm(folder, { recursive: true });

  expect(long).toMatchObject({ outcome: "failed", content: expect.stringMatching(/^x+\n\[cut: /) });
  expect(short).toMatchObject({ outcome: "completed", content: "Short." });
});
