import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AgentRuntime,
  type AgentRuntimeOptions,
  createTaskTool,
  createTodoTool,
  type ToolDefinition,
} from "@mini-openclaw/agent-runtime";
import {
  calls,
  createScriptedProvider,
  hangs,
  type ScriptStep,
  says,
} from "@mini-openclaw/agent-runtime/testing";
import type { Entry, ModelRequest, NumberedEvent } from "@mini-openclaw/protocol";
import { openSessionStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { type TestClient, testGateway } from "./test-gateway.ts";

const asks: ToolDefinition = {
  name: "paint",
  description: "Paints.",
  parameters: {},
  approval: "ask",
  execute: () => ({ success: true, output: "red" }),
};
const prices = { m: { input: 1_000_000, output: 1_000_000 } };
const task = (prompt: string) => calls("task", { description: "Look", prompt });

/** A gateway whose model answers by the newest user message, and by the number of its turn. */
async function started(
  script: Record<string, readonly ScriptStep[]>,
  options: Omit<NonNullable<Parameters<typeof testGateway>[0]>, "agent"> & {
    agent?: Partial<AgentRuntimeOptions>;
  } = {},
) {
  const { agent: agentOptions = {}, ...rest } = options;
  const requests: ModelRequest[] = [];
  const provider = createScriptedProvider(
    (request) => {
      requests.push({ ...request, messages: [...request.messages] });
      const last = request.messages.findLastIndex(({ role }) => role === "user");
      const turn = request.messages.slice(last).filter(({ role }) => role === "assistant").length;
      return script[request.messages[last]?.content ?? ""]?.[turn] ?? [says("?")];
    },
    { model: "m" },
  );
  const tools = [createTaskTool(), createTodoTool(), asks];
  const agent = new AgentRuntime({ provider, tools, prices, maxRunCostUsd: 1e6, ...agentOptions });
  const gateway = await testGateway({ ...rest, agent });
  const client = await gateway.connect();
  const { sessionId } = await client.next("connected");
  return {
    ...gateway,
    client,
    sessionId,
    requests,
    async [Symbol.asyncDispose]() {
      await client.close();
      await gateway[Symbol.asyncDispose]();
    },
  };
}

type Started = Awaited<ReturnType<typeof started>>;

async function entriesOf({ store }: Pick<Started, "store">, sessionId: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of store.entries(sessionId)) entries.push(entry);
  return entries;
}

/** A second client that watches the sub-agent's session from its beginning. */
async function watchTask({ connect }: Started, taskSessionId: string): Promise<TestClient> {
  const watcher = await connect();
  watcher.send({ type: "resume", sessionId: taskSessionId, after: 0 });
  return watcher;
}

/** Resolves with the first call of a client's session that has started a sub-agent. */
async function taskOf(client: TestClient): Promise<{ callId: string; taskSessionId: string }> {
  for (let count = 1; ; count += 1) {
    const { callId, taskSessionId } = await client.next("tool_output", count);
    if (taskSessionId !== undefined) return { callId, taskSessionId };
  }
}

const typesOf = ({ frames }: TestClient) =>
  frames.flatMap((frame) => ("seq" in frame ? [(frame as NumberedEvent).type] : []));

describe("a sub-agent", () => {
  const script = {
    go: [[says("I delegate."), task("look")], [says("It is red.")]],
    look: [[says("The wall is red.")]],
  };

  test("works in a session of its own, and its report is the result of the call", async () => {
    await using gateway = await started(script);
    const { client, store, sessionId, requests } = gateway;
    client.send({ type: "message", content: "go" });

    const { callId, taskSessionId } = await taskOf(client);
    const result = await client.next("tool_done");
    expect(result).toMatchObject({ callId, taskSessionId, output: "The wall is red.", isError: false });
    expect(await client.next("run_end")).toMatchObject({ outcome: "completed" });
    const meta = await store.getSession(taskSessionId);
    expect(meta).toMatchObject({
      key: `task:${sessionId}`,
      parent: { sessionId, callId },
      title: "look",
      messageCount: 2,
    });
    // The prompt is all that the sub-agent sees, and it has no such tool itself.
    expect(requests.map(({ messages }) => messages.map(({ content }) => content))).toEqual([
      ["go"],
      ["look"],
      ["go", "I delegate.", "The wall is red."],
    ]);
    expect(requests.map(({ tools }) => tools.map(({ name }) => name).includes("task"))).toEqual([
      true,
      false,
      true,
    ]);
    expect(requests[1]?.system.stable).not.toContain("- task:");
    expect(await entriesOf(gateway, sessionId)).toContainEqual(
      expect.objectContaining({ role: "tool", callId, taskSessionId }),
    );
  });

  test("is in no list, and is resumed with its parent by its id", async () => {
    await using gateway = await started(script);
    const { client, sessionId } = gateway;
    client.send({ type: "message", content: "go" });
    const { callId, taskSessionId } = await taskOf(client);
    await client.next("run_end");

    client.send({ type: "list" });
    const { sessions } = await client.next("sessions");
    expect(sessions.map((one) => one.sessionId)).toEqual([sessionId]);
    client.send({ type: "resume", sessionId: taskSessionId });
    const resync = await client.next("resync");
    expect(resync.parent).toEqual({ sessionId, callId });
    expect(resync.messages.map(({ content }) => content)).toEqual(["look", "The wall is red."]);
  });

  test("belongs to the owner of its parent", async () => {
    await using gateway = await started(script, {
      authenticate: ({ headers }) => ({ id: String(headers["x-user"]) }),
    });
    const alice = await gateway.connect({ "x-user": "alice" });
    alice.send({ type: "message", content: "go" });
    const { taskSessionId } = await taskOf(alice);
    await alice.next("run_end");

    const bob = await gateway.connect({ "x-user": "bob" });
    bob.send({ type: "resume", id: "1", sessionId: taskSessionId });
    expect(await bob.next("error")).toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect((await gateway.store.getSession(taskSessionId))?.owner).toBe("alice");
    await Promise.all([alice.close(), bob.close()]);
  });

  test("counts in the cost of the run that started it", async () => {
    await using gateway = await started(script);
    const { client, store } = gateway;
    client.send({ type: "message", content: "go" });
    const { taskSessionId } = await taskOf(client);
    const { usage, costUsd } = await client.next("run_end");

    const own = (await store.getSession(taskSessionId))?.usage;
    // Ten tokens a turn go in: two turns of the parent, and one of the sub-agent.
    expect([own?.inputTokens, usage.inputTokens]).toEqual([10, 30]);
    expect(costUsd).toBe(usage.inputTokens + usage.outputTokens);
  });

  test("runs beside others of the same turn, also where only one run may be active", async () => {
    await using gateway = await started(
      {
        go: [[task("one"), task("two")], [says("Both.")]],
        one: [[says("1")]],
        two: [[says("2")]],
      },
      { maxRuns: 1 },
    );
    const { client } = gateway;
    client.send({ type: "message", content: "go" });

    await client.next("run_end");
    const outputs = client.frames.flatMap((frame) => (frame.type === "tool_done" ? [frame.output] : []));
    expect(outputs.sort()).toEqual(["1", "2"]);
  });

  test("that fails is an error result with the reason", async () => {
    await using gateway = await started(
      {
        go: [[task("look")], [says("It failed.")]],
        look: [[calls("none")], [calls("none")], [calls("none")]],
      },
      { agent: { maxToolRounds: 1 } },
    );
    gateway.client.send({ type: "message", content: "go" });

    expect(await gateway.client.next("tool_done")).toMatchObject({
      isError: true,
      output: expect.stringContaining("[the sub-agent did not finish: max_rounds"),
    });
  });

  test("ends when the run that started it is aborted", async () => {
    await using gateway = await started({ go: [[task("look")]], look: [[says("I begin."), hangs()]] });
    const { client, sessionId } = gateway;
    client.send({ type: "message", content: "go" });
    const { taskSessionId } = await taskOf(client);
    const watcher = await watchTask(gateway, taskSessionId);
    await watcher.next("chunk");

    client.send({ type: "abort", sessionId });
    expect(await client.next("run_end")).toMatchObject({ outcome: "aborted" });
    expect(await watcher.next("run_end")).toMatchObject({ outcome: "aborted", sessionId: taskSessionId });
    const result = await client.next("tool_done");
    expect(result).toMatchObject({ isError: true, taskSessionId });
    expect(result.output).toContain("I begin.");
    await watcher.close();
  });

  test("that is aborted itself lets its parent continue", async () => {
    await using gateway = await started({
      go: [[task("look")], [says("Then not.")]],
      look: [[says("I begin."), hangs()]],
    });
    const { client } = gateway;
    client.send({ type: "message", content: "go" });
    const { taskSessionId } = await taskOf(client);
    const watcher = await watchTask(gateway, taskSessionId);
    await watcher.next("chunk");

    watcher.send({ type: "abort", sessionId: taskSessionId });
    expect(await client.next("tool_done")).toMatchObject({
      isError: true,
      output: "I begin.\n[the sub-agent did not finish: aborted.]",
    });
    expect(await client.next("run_end")).toMatchObject({ outcome: "completed" });
    await watcher.close();
  });

  test("is deleted and restored with its parent", async () => {
    await using gateway = await started(script);
    const { client, store, sessionId } = gateway;
    client.send({ type: "message", content: "go" });
    const { taskSessionId } = await taskOf(client);
    await client.next("run_end");

    client.send({ type: "resume", sessionId: taskSessionId, keep: true });
    await client.next("resync");

    client.send({ type: "delete", sessionId, id: "d" });
    expect(await client.next("session_deleted")).toMatchObject({ sessionId: taskSessionId });
    expect(await client.next("session_deleted", 2)).toMatchObject({ sessionId, replyTo: "d" });
    expect(await store.getSession(taskSessionId)).toBeUndefined();
    client.send({ type: "undelete", id: "u", sessionId });
    await client.roundTrip();
    expect(await store.getSession(taskSessionId)).toMatchObject({ parent: { sessionId } });

    const fork = await store.forkSession(sessionId);
    await store.deleteSession(taskSessionId);
    client.send({ type: "delete", sessionId: fork.sessionId });
    client.send({ type: "undelete", id: "f", sessionId: fork.sessionId });
    await client.roundTrip();
    expect(await store.getSession(fork.sessionId)).toBeDefined();
    expect(await store.getSession(taskSessionId)).toBeUndefined();
  });
});

describe("an approval of a sub-agent", () => {
  const script = {
    go: [[task("look")], [says("Done.")]],
    look: [[calls("paint")], [says("Painted.")]],
  };

  test.each([
    ["once", "Painted.", "red"],
    ["deny", "Painted.", "Not allowed"],
  ] as const)("is asked in the parent's session, and %s counts", async (decision, report, output) => {
    await using gateway = await started(script);
    const { client, sessionId } = gateway;
    client.send({ type: "message", content: "go" });
    const { taskSessionId } = await taskOf(client);
    const { callId, toolName, reason } = await client.next("approval_request");
    expect({ toolName, reason }).toEqual({ toolName: "task", reason: "paint wants to run" });

    client.send({ type: "approve", sessionId, callId, decision });
    expect((await client.next("tool_done")).output).toBe(report);
    const done = (await entriesOf(gateway, taskSessionId)).find(
      (one) => "role" in one && one.role === "tool",
    );
    expect(done).toMatchObject({ content: expect.stringContaining(output) });
  });

  test("is asked once in a session that has allowed it", async () => {
    await using gateway = await started({
      go: [[task("look"), task("look")], [says("Done.")]],
      look: script.look,
    });
    const { client, sessionId } = gateway;
    client.send({ type: "message", content: "go" });
    const { callId } = await client.next("approval_request");
    client.send({ type: "approve", sessionId, callId, decision: "session" });

    // Of two sub-agents at the same time, the other one may have asked already.
    const waits = client.next("approval_request", 2);
    const ends = client.next("run_end");
    const second = await Promise.race([waits, ends]);
    if (second.type === "approval_request")
      client.send({ type: "approve", sessionId, callId: second.callId, decision: "once" });
    expect(await ends).toMatchObject({ outcome: "completed" });
  });

  test("that is decided in the sub-agent's session is asked no more", async () => {
    await using gateway = await started(script);
    const { client } = gateway;
    client.send({ type: "message", content: "go" });
    const { taskSessionId } = await taskOf(client);
    await client.next("approval_request");
    const watcher = await watchTask(gateway, taskSessionId);
    const { callId } = await watcher.next("approval_request");

    watcher.send({ type: "approve", sessionId: taskSessionId, callId, decision: "once" });
    expect(await client.next("approval_done")).toMatchObject({ decision: "once" });
    expect((await client.next("tool_done")).output).toBe("Painted.");
    await watcher.close();
  });

  test("is asked no more when the sub-agent is stopped", async () => {
    await using gateway = await started(script);
    const { client } = gateway;
    client.send({ type: "message", content: "go" });
    const { taskSessionId } = await taskOf(client);
    await client.next("approval_request");
    const watcher = await watchTask(gateway, taskSessionId);
    await watcher.next("approval_request");

    watcher.send({ type: "abort", sessionId: taskSessionId });
    expect(await client.next("approval_done")).toMatchObject({ decision: "deny" });
    expect(await client.next("run_end")).toMatchObject({ outcome: "completed" });
    await watcher.close();
  });

  test("of several at the same time is asked one after another", async () => {
    await using gateway = await started({
      go: [[task("look")], [says("Done.")]],
      look: [[calls("paint", {}, "p1"), calls("paint", {}, "p2")], [says("Twice.")]],
    });
    const { client, sessionId } = gateway;
    client.send({ type: "message", content: "go" });
    for (const count of [1, 2]) {
      const { callId } = await client.next("approval_request", count);
      client.send({ type: "approve", sessionId, callId, decision: "once" });
      await client.next("approval_done", count);
    }
    expect((await client.next("tool_done")).output).toBe("Twice.");
  });
});

test("a crash closes the run of the sub-agent and that of its parent", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tasks"));
  try {
    const store = await openSessionStore(folder);
    const { sessionId } = await store.createSession("webchat");
    const parent = { sessionId, callId: "c1" };
    const { sessionId: taskSessionId } = await store.createSession(`task:${sessionId}`, { parent });
    const call = { callId: "c1", toolName: "task", input: {} };
    const run = { runId: "r1", timestamp: 1 };
    const log = await store.openLog(sessionId);
    await log.record([{ type: "user_message", id: "u1", content: "go", ...run }]);
    await log.record([{ type: "run_start", ...run }]);
    await log.record([{ type: "assistant_message", id: "a1", content: "", toolCalls: [call], ...run }]);
    await log.record([{ type: "tool_output", runId: "r1", callId: "c1", content: "", taskSessionId }]);
    const own = await store.openLog(taskSessionId);
    await own.record([{ type: "user_message", id: "u2", content: "look", runId: "r2", timestamp: 1 }]);
    await own.record([{ type: "run_start", runId: "r2", timestamp: 1 }]);
    // Closing leaves the runs open, as the end of the process does.
    await store.close();

    const again = await openSessionStore(folder);
    expect((await again.recover()).sort()).toEqual([sessionId, taskSessionId].sort());
    const [entries, taskEntries] = await Promise.all(
      [sessionId, taskSessionId].map((id) => entriesOf({ store: again }, id)),
    );
    expect(entries).toContainEqual(expect.objectContaining({ role: "tool", callId: "c1", taskSessionId }));
    for (const one of [entries, taskEntries])
      expect(one?.at(-1)).toMatchObject({ type: "run_end", outcome: "interrupted" });
    expect(await again.getSession(taskSessionId)).toMatchObject({ parent });
    await again.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe("the list of steps", () => {
  const items = [
    { text: "Read", state: "done" },
    { text: "Write", state: "active" },
  ];
  const script = {
    go: [[calls("todo", { items })], [says("begun")]],
    next: [[calls("todo", { items: [] })], [says("done")]],
  };

  test("is an event of the session, and comes with a resync and with the next run", async () => {
    await using gateway = await started(script);
    const { client, store, sessionId, requests } = gateway;
    client.send({ type: "message", content: "go" });
    expect((await client.next("todo_updated")).items).toEqual(items);
    await client.next("run_end");
    expect(typesOf(client)).toEqual(
      expect.arrayContaining(["tool_start", "todo_updated", "tool_done"] as never[]),
    );

    client.send({ type: "resume", sessionId });
    expect((await client.next("resync")).todo).toEqual(items);
    expect((await store.getSession(sessionId))?.todo).toEqual(items);
    client.send({ type: "message", content: "next" });
    await client.next("run_end", 2);
    expect(requests[2]?.system.volatile).toContain("[x] Read\n[>] Write");
    client.send({ type: "resume", sessionId });
    expect((await client.next("resync", 2)).todo).toBeUndefined();
    client.send({ type: "list" });
    expect((await client.next("sessions")).sessions[0]).not.toHaveProperty("todo");
  });
});
