import { EventEmitter, once } from "node:events";
import { noUsage } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { scriptedAgent } from "../src/testing.ts";
import { EventStreamReader, summaryOf } from "./http-client.ts";
import { heldAgent, testGateway } from "./test-gateway.ts";

const streaming = { accept: "text/event-stream" };

function posting(body: object, headers: Record<string, string> = {}): RequestInit {
  const own = { "content-type": "application/json" };
  return { method: "POST", headers: { ...own, ...headers }, body: JSON.stringify(body) };
}

describe("POST /sessions/:id/messages", () => {
  test("answers, when the run has ended, with what it came to", async () => {
    await using gateway = await testGateway();

    const response = await gateway.get("/sessions/current/messages", posting({ content: "hello" }));

    expect([response.status, response.headers.get("content-type")]).toEqual([
      200,
      "application/json; charset=utf-8",
    ]);
    const answer = (await response.json()) as { sessionId: string };
    expect(answer).toEqual({
      sessionId: expect.any(String),
      runId: expect.any(String),
      outcome: "completed",
      content: "hello",
      usage: noUsage,
    });
    const again = await gateway.get(`/sessions/${answer.sessionId}/messages`, posting({ content: "you" }));
    expect(await again.json()).toMatchObject({ sessionId: answer.sessionId, content: "you" });
  });

  test("returns the reason for which a run failed: the request succeeded, the run did not", async () => {
    const agent = scriptedAgent([{ throws: new Error("boom") }]);
    await using gateway = await testGateway({ agent });

    const response = await gateway.get("/sessions/current/messages", posting({ content: "hello" }));

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      outcome: "failed",
      content: "",
      error: { code: "AGENT_FAILED", message: "The agent failed.", retryable: true },
    });
  });

  test.each([
    ["application/json, text/event-stream;q=0", "application/json; charset=utf-8"],
    ["", "application/json; charset=utf-8"],
    ["Text/Event-Stream;q=0.1, */*", "text/event-stream; charset=utf-8"],
  ])("answers a client that accepts %j with %s", async (accept, type) => {
    await using gateway = await testGateway();

    const response = await gateway.get("/sessions/current/messages", posting({ content: "hi" }, { accept }));
    await response.text();

    expect([response.status, response.headers.get("content-type")]).toEqual([200, type]);
  });

  test("streams the run's frames, the same that sockets get, and ends with the run", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const { sessionId } = client;

    const response = await gateway.get(
      `/sessions/${sessionId}/messages`,
      posting({ content: "hello", id: "q1" }, streaming),
    );

    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = await new EventStreamReader(response).until();
    await client.next("run_end");
    const frames = client.frames.filter((frame) => "seq" in frame);
    expect(events.map(({ event }) => event)).toEqual([
      "user_message",
      "run_start",
      "chunk",
      "chunk",
      "assistant_message",
      "message_done",
      "run_end",
    ]);
    expect(events.map(({ data }) => data)).toEqual(frames);
    expect(events.map(({ id }) => Number(id?.split(":").at(-1)))).toEqual(frames.map(({ seq }) => seq));
  });

  test("a message that must wait streams from message_queued on, and nothing of the run before it", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    const path = `/sessions/${client.sessionId}/messages`;
    client.send({ type: "message", content: "one" });
    await started(1);

    const stream = new EventStreamReader(await gateway.get(path, posting({ content: "two" }, streaming)));
    release();
    release();

    const events = await stream.until();
    expect(events.map(({ event }) => event)).toEqual([
      "message_queued",
      "user_message",
      "run_start",
      "chunk",
      "chunk",
      "chunk",
      "assistant_message",
      "message_done",
      "run_end",
    ]);
    expect(new Set(events.map(({ data }) => data["runId"])).size).toBe(1);
  });

  test.each([
    ["id", { content: "hello", id: "q1" }, {}],
    ["Idempotency-Key", { content: "hello" }, { "idempotency-key": "q1" }],
    ["Idempotency-Key in quotes", { content: "hello" }, { "idempotency-key": '"q1"' }],
  ])(
    "sent again with its %s, it runs once, while it runs and when it has ended",
    async (_how, body, headers) => {
      const { agent, started, release } = heldAgent();
      await using gateway = await testGateway({ agent });
      const post = () => gateway.get("/sessions/current/messages", posting(body, headers));

      const first = post();
      await started(1);
      const second = post();
      const stream = new EventStreamReader(
        await gateway.get("/sessions/current/messages", posting(body, { ...headers, ...streaming })),
      );
      release();
      const answers = [await first, await second, await post()].map((response) => response.json());

      const [one, ...others] = await Promise.all(answers);
      expect(one).toMatchObject({ outcome: "completed", content: "thinking…hello" });
      // A run that has ended has only its entries left: `thinking…` was a chunk, and no message.
      expect(others).toEqual([one, { ...(one as object), content: "hello" }]);
      expect(summaryOf((await stream.until()).map(({ data }) => data))).toEqual([
        "user_message",
        "run_start",
        "chunk thinking…hello",
        "assistant_message",
        "message_done",
        "run_end",
      ]);
      expect(await started(1)).toHaveLength(1);
    },
  );

  test("continues when its client goes away", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    const path = `/sessions/${client.sessionId}/messages`;
    const stream = new EventStreamReader(await gateway.get(path, posting({ content: "hello" }, streaming)));
    const waiting = new AbortController();
    const answer = gateway.get(path, { ...posting({ content: "you" }), signal: waiting.signal });
    await started(1);
    await client.next("message_queued");

    await stream.cancel();
    waiting.abort();
    await expect(answer).rejects.toThrow("aborted");
    release();
    release();

    expect(await client.next("run_end", 2)).toMatchObject({ outcome: "completed" });
    expect(gateway.failures).toEqual([]);
  });

  test("is not sent by a client that went away before it was known who it is", async () => {
    const asked = new EventEmitter();
    const gateway = await testGateway({
      authenticate: async () => {
        const known = once(asked, "known");
        asked.emit("asked");
        await known;
        return { id: "alice" };
      },
    });
    const going = new AbortController();
    const begun = once(asked, "asked");
    const request = { ...posting({ content: "hello" }), signal: going.signal };
    const answer = gateway.get("/sessions/current/messages", request);
    await begun;
    going.abort();
    await expect(answer).rejects.toThrow("aborted");
    // After another request's answer, the gateway has seen the end of the one before.
    await gateway.get("/healthz");
    asked.emit("known");
    await gateway[Symbol.asyncDispose]();

    expect(gateway.gateway.health()).toMatchObject({ connections: 0, sessions: 0, runs: 0 });
  });

  test("keeps proxies awake while the run continues", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent, connections: { heartbeatMs: 5 } });

    const response = await gateway.get("/sessions/current/messages", posting({ content: "hello" }));
    const [input] = await started(1);
    const reader = response.body?.getReader();
    const first = await reader?.read();
    release();

    expect(new TextDecoder().decode(first?.value)).toMatch(/^\n+$/);
    // Middleware that compresses would keep the line feeds back.
    expect(response.headers.get("cache-control")).toBe("no-store, no-transform");
    const stream = await gateway.get(`/sessions/${input?.sessionId}/events`, { headers: streaming });
    const events = new EventStreamReader(stream);
    await events.next();
    const closed = gateway.gateway.close({ drainMs: 0 });
    await events.until();
    await reader?.cancel();
    await closed;
  });
});

describe("GET /sessions/:id/events", () => {
  test("without a place, begins anew with the session's messages, then shows what happens", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await client.next("run_end");

    const stream = new EventStreamReader(await gateway.get(`/sessions/${client.sessionId}/events`));
    const resync = await stream.next();
    client.send({ type: "message", content: "two" });
    const events = await stream.until("run_end");
    await client.next("run_end", 2);

    expect(resync).toMatchObject({
      event: "resync",
      data: { messages: [{ content: "one" }, { content: "one" }] },
    });
    expect(resync).not.toHaveProperty("id");
    expect(summaryOf(events.map(({ data }) => data))).toEqual(
      summaryOf(client.frames.filter((frame) => "seq" in frame && frame.seq > Number(resync?.data["upTo"]))),
    );
    await stream.cancel();
  });

  test("continues after Last-Event-ID: every event once, in order", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    const path = `/sessions/${client.sessionId}`;
    const first = new EventStreamReader(
      await gateway.get(`${path}/messages`, posting({ content: "hello" }, streaming)),
    );
    await started(1);
    const before = await first.until("chunk");
    await first.cancel();

    const headers = { "last-event-id": String(before.at(-1)?.id) };
    const second = new EventStreamReader(await gateway.get(`${path}/events`, { headers }));
    release();
    const resumed = await second.next();
    const after = await second.until("run_end");

    expect(resumed).toMatchObject({ event: "resumed", data: { from: "events" } });
    await client.next("run_end");
    expect(summaryOf([...before, ...after].map(({ data }) => data))).toEqual(
      summaryOf(client.frames.filter((frame) => "seq" in frame)),
    );
    await second.cancel();
  });

  test("of one run, ends with it, and is over for who has its end", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    const { runId, seq } = await client.next("run_end");
    const path = `/sessions/${client.sessionId}/events?runId=${runId}`;

    const events = await new EventStreamReader(await gateway.get(path)).until();
    const over = await gateway.get(path, { headers: { "last-event-id": String(seq) } });

    expect(events.map(({ event }) => event)).toEqual(["user_message", "assistant_message", "run_end"]);
    expect(over.status).toBe(204);
    const nobody = await gateway.get(`/sessions/${client.sessionId}/events?runId=nobody`);
    expect([nobody.status, await nobody.json()]).toMatchObject([404, { code: "RUN_NOT_FOUND" }]);
  });

  test.each(["after=999999", "after=1&epoch=other"])("of one run begins anew with %s", async (position) => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    const [input] = await started(1);
    const path = `/sessions/${client.sessionId}/events?runId=${input?.runId}`;

    const live = new EventStreamReader(await gateway.get(`${path}&${position}`));
    release();
    const events = (await live.until()).map(({ event }) => event);
    const over = await new EventStreamReader(await gateway.get(`${path}&${position}`)).until();

    expect([events[0], events.at(-1)]).toEqual(["user_message", "run_end"]);
    expect([over[0]?.event, over.at(-1)?.event]).toEqual(["user_message", "run_end"]);
  });

  test("ends when its session is deleted", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const { sessionId } = client;
    const stream = new EventStreamReader(await gateway.get(`/sessions/${sessionId}/events`));
    await stream.next();

    client.send({ type: "delete", sessionId });
    const [deleted, ...more] = await stream.until();

    expect([deleted?.data, more]).toEqual([{ type: "session_deleted", sessionId }, []]);
    expect((await gateway.get(`/sessions/${sessionId}/events`)).status).toBe(404);
  });

  test("counts as a connection, and notifies its client when the gateway stops", async () => {
    await using gateway = await testGateway({ connections: { maxConnections: 1 } });
    const stream = new EventStreamReader(await gateway.get("/sessions/current/events"));
    await stream.next();

    const more = await gateway.get("/sessions/current/events");

    expect(gateway.gateway.health().connections).toBe(1);
    expect([more.status, more.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await gateway.get("/sessions")).status).toBe(200);
    const closed = gateway.gateway.close();
    expect((await stream.until()).map(({ event }) => event)).toEqual(["draining"]);
    await closed;
  });
});

test("history and list come a page at a time, as on a socket", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  const path = `/sessions/${client.sessionId}/messages`;
  for (const content of ["one", "two"]) await (await gateway.get(path, posting({ content }))).json();

  const page = (await (await gateway.get(`${path}?limit=3`)).json()) as { messages: { seq: number }[] };
  const older = await (await gateway.get(`${path}?before=${page.messages[0]?.seq}`)).json();
  const created = await gateway.get("/sessions", { method: "POST" });
  const { sessionId } = (await created.json()) as { sessionId: string };
  await (await gateway.get(`/sessions/${sessionId}/messages`, posting({ content: "new" }))).json();
  const list = (await (await gateway.get("/sessions?limit=1")).json()) as { cursor: string };
  const rest = await (await gateway.get(`/sessions?cursor=${encodeURIComponent(list.cursor)}`)).json();

  expect(page).toMatchObject({
    messages: [{ content: "one" }, { content: "two" }, { content: "two" }],
    hasMore: true,
  });
  expect(older).toMatchObject({ messages: [{ role: "user", content: "one" }], hasMore: false });
  expect(created.status).toBe(201);
  expect(list).toMatchObject({ sessions: [{ sessionId, running: false }] });
  expect(rest).toMatchObject({ sessions: [{ sessionId: client.sessionId }] });
});

test("abort stops the run, with or without a body", async () => {
  const { agent, started } = heldAgent();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  const path = `/sessions/${client.sessionId}`;

  const answers = ["one", "two"].map((content) => gateway.get(`${path}/messages`, posting({ content })));
  const [first] = await started(1);
  await client.next("message_queued");
  const stopped = await gateway.get(`${path}/abort`, { method: "POST" });
  const [, second] = await started(2);
  const named = await gateway.get(`${path}/abort`, posting({ runId: second?.runId }));

  expect([stopped.status, named.status]).toEqual([202, 202]);
  const ends = await Promise.all((await Promise.all(answers)).map((response) => response.json()));
  expect(ends).toMatchObject([
    { runId: first?.runId, outcome: "aborted", content: "thinking…" },
    { runId: second?.runId, outcome: "aborted", content: "thinking…" },
  ]);
  const none = await gateway.get(`${path}/abort`, { method: "POST" });
  expect([none.status, await none.json()]).toMatchObject([404, { code: "RUN_NOT_FOUND" }]);
});

test("approve decides on a tool call that waits", async () => {
  const asking = scriptedAgent([[{ calls: "bash", asks: "ls" }, "done"]]);
  await using gateway = await testGateway({ agent: asking });
  const { sessionId } = await gateway.connect();
  const stream = new EventStreamReader(
    await gateway.get(`/sessions/${sessionId}/messages`, posting({ content: "ls" }, streaming)),
  );
  await stream.until("approval_request");

  const body = posting({ callId: "call_1", decision: "once" });
  const first = await gateway.get(`/sessions/${sessionId}/approve`, body);
  const second = await gateway.get(`/sessions/${sessionId}/approve`, body);

  expect(first.status).toBe(202);
  expect([second.status, await second.json()]).toMatchObject([409, { code: "APPROVAL_EXPIRED" }]);
  const [done] = await stream.until("approval_done");
  expect(done?.data).toMatchObject({ callId: "call_1", decision: "once" });
  await stream.until();
});

test("export gives the transcript line by line, and it opens as one", async () => {
  const store = createMemoryStore();
  await using gateway = await testGateway({ store });
  const { sessionId } = await gateway.connect();
  await (await gateway.get(`/sessions/${sessionId}/messages`, posting({ content: "hello" }))).json();

  const response = await gateway.get(`/sessions/${sessionId}/export`);

  expect(response.headers.get("content-disposition")).toBe(`attachment; filename="${sessionId}.jsonl"`);
  const lines = (await response.text()).trimEnd().split("\n");
  const entries = [];
  for await (const entry of store.entries(sessionId)) entries.push(entry);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ type: "session", v: 1, sessionId, key: "webchat" }),
    ...entries,
  ]);
});
