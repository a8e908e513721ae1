import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import type { AgentRunner } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { gate, testGateway } from "./test-client.ts";

const KEY = "agent:main:main";
const send = { sessionKey: KEY, message: "hi", idempotencyKey: "run-1" };

describe("a run of `chat.send`", () => {
  test("streams text with all text so far, and ends with its message", async () => {
    const agent = scriptedAgent([{ says: ["Hel", "lo."] }]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();

    const answer = await client.request("chat.send", send);
    const final = await client.event("chat", { state: "final" });

    expect(answer).toEqual({ runId: "run-1", status: "started" });
    expect(client.events("agent").map(({ stream, data }) => [stream, data])).toEqual([
      ["lifecycle", { phase: "start", startedAt: expect.any(Number) }],
      ["assistant", { text: "Hel", delta: "Hel" }],
      ["assistant", { text: "Hello.", delta: "lo." }],
      ["lifecycle", { phase: "end", endedAt: expect.any(Number) }],
    ]);
    const [first, second] = client.events("chat");
    expect(first).toMatchObject({
      runId: "run-1",
      sessionKey: KEY,
      state: "delta",
      deltaText: "Hel",
      message: { role: "assistant", content: [{ type: "text", text: "Hel" }] },
    });
    expect(second).toMatchObject({
      deltaText: "lo.",
      message: { content: [{ type: "text", text: "Hello." }] },
    });
    expect(second).not.toHaveProperty("replace");
    expect(final).toMatchObject({
      runId: "run-1",
      stopReason: "stop",
      message: { role: "assistant", content: [{ type: "text", text: "Hello." }] },
    });
  });

  test("begins after the response", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent(["Hello."]) });
    const client = await gateway.connect();
    await client.request("chat.history", { sessionKey: KEY });

    const id = client.send("chat.send", send);
    await client.event("chat", { state: "final" });

    const from = client.frames.findIndex((frame) => frame.id === id);
    const events = client.frames.flatMap(({ event }, index) =>
      event && event !== "connect.challenge" ? [index] : [],
    );
    expect(Math.min(...events)).toBeGreaterThan(from);
  });

  test.each([
    ["an answer", "Hello.", ["chat delta", "lifecycle start", "assistant", "lifecycle end", "chat final"]],
    ["nothing", { ends: "completed" }, ["chat final", "lifecycle start", "lifecycle end"]],
    ["an error", { throws: new Error("no luck") }, ["chat error", "lifecycle start", "lifecycle error"]],
  ] as const)(
    "that is over at once with %s is announced after its first chat event",
    async (_what, step, order) => {
      await using gateway = await testGateway({ agent: scriptedAgent([step]), openClaw: { joinMs: 60_000 } });
      const client = await gateway.connect();

      await client.request("chat.send", send);
      await client.request("agent.wait", { runId: "run-1" });

      const names = client.frames.flatMap(({ event, payload }) => {
        if (event === "chat") return [`chat ${payload.state}`];
        return event === "agent" ? [[payload.stream, payload.data["phase"]].join(" ").trim()] : [];
      });
      expect(names).toEqual(order);
    },
  );

  test("has numbers that ascend, and are the same for a chat event and its agent event", async () => {
    const agent = scriptedAgent([[{ says: ["a", "b"] }, { calls: "clock", output: "noon" }, "c"]]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();

    await client.request("chat.send", send);
    await client.event("chat", { state: "final" });

    const seqs = client.events("agent").map(({ seq }) => seq as number);
    expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
    expect(new Set(seqs).size).toBe(seqs.length);
    for (const { seq } of client.events("chat")) expect(seqs).toContain(seq);
  });

  test("sends its messages as they are recorded", async () => {
    const agent = scriptedAgent([
      [{ calls: "clock", input: { zone: "UTC" }, output: "noon" }, "It is noon."],
    ]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();

    await client.request("chat.send", send);
    await client.event("chat", { state: "final" });

    const messages = client.events("session.message");
    const [asked, called, done] = messages;
    expect(messages.map(({ message }) => message.role)).toEqual([
      "user",
      "assistant",
      "toolResult",
      "assistant",
    ]);
    expect(asked).toMatchObject({
      sessionKey: KEY,
      messageId: asked?.message.__openclaw.id,
      messageSeq: 1,
      message: { content: "hi", __openclaw: { idempotencyKey: "run-1:user" } },
    });
    expect(called?.message).toMatchObject({
      stopReason: "toolUse",
      content: [{ type: "toolCall", id: "call_1", name: "clock", arguments: { zone: "UTC" } }],
    });
    expect(done?.message).toMatchObject({
      toolCallId: "call_1",
      toolName: "clock",
      isError: false,
      content: [{ type: "text", text: "noon" }],
    });
  });

  test("begins the text anew after a tool call", async () => {
    const agent = scriptedAgent([
      ["Wait.", { calls: "clock", output: "noon" }, { says: ["It is", " noon."] }],
    ]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();

    await client.request("chat.send", send);
    const final = await client.event("chat", { state: "final" });

    const deltas = client.events("chat").filter(({ state }) => state === "delta");
    expect(deltas.map(({ deltaText, replace }) => [deltaText, replace])).toEqual([
      ["Wait.", undefined],
      ["It is", true],
      [" noon.", undefined],
    ]);
    const tools = client.events("agent").filter(({ stream }) => stream === "tool");
    expect(tools.map(({ data }) => data)).toEqual([
      { phase: "start", name: "clock", toolCallId: "call_1", args: {} },
      {
        phase: "result",
        name: "clock",
        toolCallId: "call_1",
        isError: false,
        result: { content: [{ type: "text", text: "noon" }] },
      },
    ]);
    expect(final.message.content).toEqual([{ type: "text", text: "It is noon." }]);
  });

  test("sends thinking, live tool output, its details and a retry of the model", async () => {
    await using gateway = await testGateway({ agent: busyAgent });
    const client = await gateway.connect();

    await client.request("chat.send", send);
    await client.event("chat", { state: "final" });

    const data = (stream: string) =>
      client.events("agent").flatMap((one) => (one.stream === stream ? [one.data] : []));
    expect(data("thinking")).toEqual([
      { text: "Hm", delta: "Hm" },
      { text: "Hm.", delta: "." },
    ]);
    expect(data("tool").filter(({ phase }) => phase === "update")).toEqual([
      {
        phase: "update",
        name: "bash",
        toolCallId: "c1",
        partialResult: { content: [{ type: "text", text: "a" }] },
      },
      {
        phase: "update",
        name: "bash",
        toolCallId: "c1",
        partialResult: { content: [{ type: "text", text: "ab" }] },
      },
    ]);
    expect(data("tool").at(-1)).toMatchObject({
      isError: true,
      result: { details: { exitCode: 2, durationMs: 5 } },
    });
    expect(client.events("chat")[0]).toMatchObject({ state: "status", phase: "starting_model" });
  });

  test("joins pieces of text that follow one another, and loses none of them", async () => {
    const pieces = Array.from({ length: 200 }, (_, index) => `${index} `);
    await using gateway = await testGateway({
      agent: scriptedAgent([{ says: pieces }]),
      openClaw: { joinMs: 60_000 },
    });
    const client = await gateway.connect();

    await client.request("chat.send", send);
    await client.event("chat", { state: "final" });

    const deltas = client.events("chat").flatMap(({ deltaText }) => deltaText ?? []);
    expect(deltas).toHaveLength(2);
    expect(deltas[0]).toBe("0 ");
    expect(deltas.join("")).toBe(pieces.join(""));
  });

  test("ends with an error event once when the agent fails", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent([{ throws: new Error("no luck") }]) });
    const client = await gateway.connect();

    await client.request("chat.send", send);
    const end = await client.event("chat", { state: "error" });
    await client.request("agents.list");

    expect(end).toMatchObject({
      errorMessage: expect.stringContaining("AGENT_FAILED: "),
      errorKind: "unknown",
    });
    expect(client.events("chat")).toHaveLength(1);
    expect(client.events("agent").at(-1)).toMatchObject({ stream: "lifecycle", data: { phase: "error" } });
  });

  test.each(["max_rounds", "loop_detected", "refused"] as const)(
    "is final with the outcome %s",
    async (ends) => {
      await using gateway = await testGateway({ agent: scriptedAgent([["So far.", { ends }]]) });
      const client = await gateway.connect();

      await client.request("chat.send", send);

      expect(await client.event("chat", { state: "final" })).toMatchObject({
        message: { content: [{ text: "So far." }] },
      });
    },
  );

  test("has no message when nothing was said", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent([{ ends: "completed" }]) });
    const client = await gateway.connect();

    await client.request("chat.send", send);

    expect(await client.event("chat", { state: "final" })).not.toHaveProperty("message");
  });

  test("runs once however often it is sent", async () => {
    const agent = scriptedAgent([["Hello.", { hangs: true }], "Hello again."]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    await client.event("chat", { state: "delta" });

    const running = await client.request("chat.send", send);
    const other = await client.refused("chat.send", { ...send, message: "other" });
    await client.request("chat.abort", { sessionKey: KEY });
    await client.event("chat", { state: "aborted" });
    const aborted = await client.request("chat.send", send);
    await client.request("chat.send", { ...send, idempotencyKey: "run-2" });
    await client.event("chat", { state: "final" });
    const over = await client.request("chat.send", { ...send, idempotencyKey: "run-2" });

    expect(running).toEqual({ runId: "run-1", status: "in_flight" });
    expect(other).toMatchObject({ code: "INVALID_REQUEST", details: { code: "REQUEST_CONFLICT" } });
    expect(aborted).toEqual({ runId: "run-1", status: "timeout", summary: "aborted", stopReason: "rpc" });
    expect(over).toEqual({ runId: "run-2", status: "ok" });
    expect(agent.inputs).toHaveLength(2);
  });

  test("reaches other clients that look at the session, under the same id", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent(["Hello."]) });
    const sender = await gateway.connect();
    const viewer = await gateway.connect();
    await viewer.request("chat.history", { sessionKey: KEY });

    await sender.request("chat.send", send);

    expect(await viewer.event("chat", { state: "final" })).toMatchObject({ runId: "run-1", sessionKey: KEY });
  });

  test("reaches a client that subscribed to all sessions", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent([["Hello.", { hangs: true }]]) });
    const sender = await gateway.connect();
    const viewer = await gateway.connect();
    expect(await viewer.request("sessions.subscribe", {})).toEqual({ subscribed: true });

    await sender.request("chat.send", { ...send, sessionKey: "other" });
    const delta = await viewer.event("chat", { state: "delta" });
    await sender.request("chat.abort", { sessionKey: "other" });

    expect(delta).toMatchObject({ runId: "run-1", sessionKey: "agent:main:other", deltaText: "Hello." });
    await viewer.event("chat", { state: "aborted" });
  });

  test("changes the list of a client that subscribed to all sessions, even if it is over at once", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent(["Hello."]) });
    const sender = await gateway.connect();
    const viewer = await gateway.connect();
    await viewer.request("sessions.subscribe", {});

    await sender.request("chat.send", { ...send, sessionKey: "other" });

    const isOther = ({ payload }: { payload: { sessionKey?: string } }) =>
      payload.sessionKey === "agent:main:other";
    expect(await viewer.until(isOther)).toMatchObject({ type: "event" });
  });

  test("is queued behind another one, and is silent until it begins", async () => {
    const agent = scriptedAgent([["One.", { hangs: true }], "Two."]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    await client.event("chat", { state: "delta" });

    const queued = await client.request("chat.send", { ...send, message: "two", idempotencyKey: "run-2" });
    await client.request("agents.list");
    const before = client.events("chat").filter(({ runId }) => runId === "run-2");
    await client.request("chat.abort", { sessionKey: KEY, runId: "run-1" });
    const final = await client.event("chat", { state: "final" });

    expect(queued).toEqual({ runId: "run-2", status: "started" });
    expect(before).toEqual([]);
    expect(final).toMatchObject({ runId: "run-2", message: { content: [{ text: "Two." }] } });
  });

  test("interrupts the active run with `queueMode`", async () => {
    const agent = scriptedAgent([["One.", { hangs: true }], "Two."]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    await client.event("chat", { state: "delta" });

    await client.request("chat.send", { ...send, idempotencyKey: "run-2", queueMode: "interrupt" });

    expect(await client.event("chat", { state: "final" })).toMatchObject({ runId: "run-2" });
    expect(await client.event("chat", { state: "aborted" })).toMatchObject({ runId: "run-1" });
  });
});

describe("chat.abort", () => {
  test.each([
    ["waits to steer it", false],
    ["has steered it", true],
  ])("stops the run by the id of a message that %s", async (_what, isTaken) => {
    const [opened, open] = gate();
    const agent = scriptedAgent([["So far.", { waits: opened }, { steers: true }, { hangs: true }]]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    await client.event("chat", { state: "delta" });
    await client.request("chat.send", {
      ...send,
      idempotencyKey: "run-2",
      message: "And?",
      queueMode: "steer",
    });
    if (isTaken) {
      open();
      await client.event("session.message", {}, 2);
    }

    const answer = await client.request("chat.abort", { sessionKey: KEY, runId: "run-2" });
    await client.event("chat", { state: "aborted", runId: "run-1" });

    expect(answer).toMatchObject({ aborted: true, runIds: ["run-2"] });
  });

  test("stops the run of an id, and keeps what was said", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent([["So far.", { hangs: true }]]) });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    await client.event("chat", { state: "delta" });

    const answer = await client.request("chat.abort", { sessionKey: KEY, runId: "run-1" });
    const end = await client.event("chat", { state: "aborted" });

    expect(answer).toEqual({ ok: true, aborted: true, runIds: ["run-1"] });
    expect(end).toMatchObject({
      runId: "run-1",
      stopReason: "rpc",
      message: { content: [{ text: "So far." }] },
    });
  });

  test("stops all runs of the session without an id, waiting ones too", async () => {
    const agent = scriptedAgent([["One.", { hangs: true }], "Two."]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    await client.event("chat", { state: "delta" });
    await client.request("chat.send", { ...send, message: "two", idempotencyKey: "run-2" });

    const answer = await client.request("sessions.abort", { key: KEY });
    await client.event("chat", { state: "aborted", runId: "run-1" });
    await client.event("chat", { state: "aborted", runId: "run-2" });

    expect(answer).toEqual({ ok: true, aborted: true, runIds: ["run-1", "run-2"] });
    expect(agent.inputs).toHaveLength(1);
  });

  test.each([
    ["no run", {}],
    ["an unknown id", { runId: "no-such" }],
  ])("stops nothing with %s", async (_what, params) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    const answer = await client.request("chat.abort", { sessionKey: KEY, ...params });

    expect(answer).toEqual({ ok: true, aborted: false, runIds: [] });
  });

  test.each([
    ["run-1", true],
    ["run-2", false],
  ])("of a session finds %s without a key: %s", async (runId, aborted) => {
    await using gateway = await testGateway({ agent: scriptedAgent([["So far.", { hangs: true }]]) });
    const client = await gateway.connect();
    await client.request("chat.send", send);

    const answer = await client.request("sessions.abort", { runId });

    expect(answer).toEqual({ ok: true, aborted, runIds: aborted ? [runId] : [] });
    expect((await client.refused("sessions.abort", {})).message).toContain("`key` must be a text");
  });

  test("stops the run of another client", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent([["So far.", { hangs: true }]]) });
    const sender = await gateway.connect();
    await sender.request("chat.send", send);
    await sender.event("chat", { state: "delta" });
    const other = await gateway.connect();

    const answer = await other.request("chat.abort", { sessionKey: KEY, runId: "run-1" });

    expect(answer).toMatchObject({ aborted: true, runIds: ["run-1"] });
    await sender.event("chat", { state: "aborted" });
  });
});

describe("agent", () => {
  test("responds when the message is accepted and again at the end", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent(["Hello."]) });
    const client = await gateway.connect();

    const id = client.send("agent", { message: "hi", idempotencyKey: "run-1" });
    const { payload: accepted } = await client.response(id);
    const { payload: ended } = await client.response(id, 2);

    expect(accepted).toEqual({
      runId: "run-1",
      sessionKey: KEY,
      status: "accepted",
      acceptedAt: expect.any(Number),
    });
    expect(ended).toEqual({
      runId: "run-1",
      status: "ok",
      summary: "completed",
      result: { payloads: [{ text: "Hello." }] },
    });
  });

  test("responds with both again when the message is repeated", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent(["Hello."]) });
    const client = await gateway.connect();
    await client.response(client.send("agent", { message: "hi", idempotencyKey: "run-1" }), 2);
    const other = await gateway.connect();

    const id = other.send("agent", { message: "hi", idempotencyKey: "run-1" });
    const { payload: accepted } = await other.response(id);
    const { payload: ended } = await other.response(id, 2);

    expect(accepted).toMatchObject({ status: "accepted" });
    expect(ended).toMatchObject({ runId: "run-1", status: "ok", result: { payloads: [{ text: "Hello." }] } });
  });

  test.each([
    ["in another session", "other", false],
    ["after a reset", "main", true],
  ])("has the answer of its own run when an id is used again %s", async (_when, sessionKey, isReset) => {
    await using gateway = await testGateway({ agent: scriptedAgent(["One.", "Two."]) });
    const client = await gateway.connect();
    const fields = { message: "hi", idempotencyKey: "run-1" };
    await client.response(client.send("agent", { ...fields, sessionKey: "main" }), 2);
    if (isReset) await client.request("sessions.reset", { key: "main" });

    const { payload } = await client.response(client.send("agent", { ...fields, sessionKey }), 2);

    expect(payload).toMatchObject({ result: { payloads: [{ text: "Two." }] } });
  });

  test("has the answers of two sessions whose runs have one id at once", async () => {
    const [opened, open] = gate();
    const agent = scriptedAgent([[{ waits: opened }, "One."], "Two."]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    const fields = { message: "hi", idempotencyKey: "run-1" };

    const first = client.send("agent", { ...fields, sessionKey: "a" });
    await client.response(first);
    const second = client.send("agent", { ...fields, sessionKey: "b" });
    const { payload: two } = await client.response(second, 2);
    open();
    const { payload: one } = await client.response(first, 2);

    expect(two).toMatchObject({ result: { payloads: [{ text: "Two." }] } });
    expect(one).toMatchObject({ result: { payloads: [{ text: "One." }] } });
  });

  test("has its answer when its session is not followed any more", async () => {
    const [opened, open] = gate();
    await using gateway = await testGateway({ agent: scriptedAgent([["One, ", { waits: opened }, "two."]]) });
    const client = await gateway.connect();
    const id = client.send("agent", { message: "hi", idempotencyKey: "run-1" });
    await client.event("chat", { state: "delta" });

    await client.request("sessions.messages.unsubscribe", { key: "main" });
    open();
    const { payload } = await client.response(id, 2);

    expect(payload).toMatchObject({ status: "ok", result: { payloads: [{ text: "One, two." }] } });
    expect(client.events("chat").filter(({ state }) => state === "final")).toEqual([]);
  });

  test("has its answer when more sessions run than one client may follow", async () => {
    const [opened, open] = gate();
    const agent = scriptedAgent(Array.from({ length: 60 }, () => [{ waits: opened }, "Done."]));
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    const warnings: string[] = [];
    const onWarning = ({ message }: Error) => void warnings.push(message);
    process.on("warning", onWarning);

    const ids = Array.from({ length: 60 }, (_, index) =>
      client.send("agent", { message: "hi", sessionKey: `s${index}`, idempotencyKey: `run-${index}` }),
    );
    await Promise.all(ids.map((id) => client.response(id)));
    open();
    const ends = await Promise.all(ids.map((id) => client.response(id, 2)));
    process.off("warning", onWarning);

    expect(new Set(ends.map(({ payload }) => Reflect.get(payload, "status")))).toEqual(new Set(["ok"]));
    // The test's own socket has many listeners.
    expect(warnings.filter((warning) => warning.includes("AbortSignal"))).toEqual([]);
  });

  test("goes to the main session of the agent that it names", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent(["Hello."]) });
    const client = await gateway.connect();

    const accepted = await client.request("agent", {
      message: "hi",
      agentId: "Work",
      idempotencyKey: "run-1",
    });
    const error = await client.refused("agent", { message: "hi", sessionId: "s", idempotencyKey: "run-2" });

    expect(accepted.sessionKey).toBe("agent:work:main");
    expect(error.message).toBe("`sessionId` names no session here. Send its `sessionKey`, too.");
  });

  test("fails its second response when the run fails", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent([{ throws: new Error("no luck") }]) });
    const client = await gateway.connect();

    const id = client.send("agent", { message: "hi", idempotencyKey: "run-1" });
    const { error } = await client.until((frame) => frame.id === id, 2);

    expect(error).toMatchObject({ code: "UNAVAILABLE", details: { code: "AGENT_FAILED" } });
  });

  test("responds at the end of a run that was aborted", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent([["So far.", { hangs: true }]]) });
    const client = await gateway.connect();
    const id = client.send("agent", { message: "hi", idempotencyKey: "run-1" });
    await client.event("chat", { state: "delta" });

    await client.request("chat.abort", { sessionKey: "main" });

    expect((await client.response(id, 2)).payload).toMatchObject({ status: "timeout", summary: "aborted" });
  });
});

describe("agent.wait", () => {
  test("waits for the end of a run", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent([["So far.", { hangs: true }]]) });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    await client.event("chat", { state: "delta" });

    const waiting = client.request("agent.wait", { runId: "run-1" });
    await client.request("chat.abort", { sessionKey: KEY });

    expect(await waiting).toEqual({
      runId: "run-1",
      status: "timeout",
      stopReason: "rpc",
      startedAt: expect.any(Number),
      endedAt: expect.any(Number),
    });
  });

  test("answers at once for a run that is over", async () => {
    await using gateway = await testGateway({
      agent: scriptedAgent([{ throws: new Error("no") }, "Hello."]),
    });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    await client.event("chat", { state: "error" });
    await client.request("chat.send", { ...send, idempotencyKey: "run-2" });
    await client.event("chat", { state: "final" });

    expect(await client.request("agent.wait", { runId: "run-1" })).toMatchObject({
      status: "error",
      error: expect.stringContaining("AGENT_FAILED"),
    });
    expect(await client.request("agent.wait", { runId: "run-2" })).toMatchObject({ status: "ok" });
  });

  test("answers `timeout` when the run does not end in time, and holds up no other request", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    const late = client.send("agent.wait", { runId: "no-such", timeoutMs: 10 });
    client.send("agents.list");
    await client.response(late);

    expect(client.frames.at(-1)).toMatchObject({
      id: late,
      payload: { runId: "no-such", status: "timeout" },
    });
  });
});

/** An agent with all the events that a script has not. */
const busyAgent: AgentRunner = {
  async *run({ runId }) {
    const call = { callId: "c1", toolName: "bash", input: { command: "ls" } };
    yield { type: "run_start", runId, timestamp: 1 };
    yield { type: "retry", runId, attempt: 1, delayMs: 0, code: "MODEL_OVERLOADED" };
    yield { type: "thinking", runId, messageId: "m1", content: "Hm" };
    yield { type: "thinking", runId, messageId: "m1", content: "." };
    yield { type: "assistant_message", runId, id: "m1", content: "", timestamp: 2, toolCalls: [call] };
    yield { type: "tool_start", runId, ...call };
    yield { type: "tool_output", runId, callId: "c1", content: "a" };
    yield { type: "tool_output", runId, callId: "c1", content: "b" };
    const result = { output: "ab", isError: true, exitCode: 2, durationMs: 5, timestamp: 3 };
    yield { type: "tool_done", runId, id: "t1", callId: "c1", toolName: "bash", ...result };
    yield { type: "message_done", runId, content: "" };
    yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 4 };
  },
};
