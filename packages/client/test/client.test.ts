import { describe, expect, test } from "vitest";
import { connect, type WatchedEvent } from "../src/index.ts";
import { FakeSocket } from "./fake-socket.ts";
import { createSpeaker } from "./speaker.ts";
import { shown, testGateway, until, untilShown } from "./test-client.ts";

test("sends a message and shows the answer while it streams", async () => {
  const speaker = createSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const session = gateway.connect().session();

  const accepted = session.send("hi");
  await speaker.started(1);
  await speaker.say("Hel");
  await untilShown(session, "streaming: Hel");
  await speaker.say("lo.");
  speaker.end();
  await until(session, ({ view }) => view.activeRuns.length === 0 && view.items.length === 2);

  expect(shown(session)).toEqual(["user: hi", "assistant: Hello."]);
  const [user] = session.getSnapshot().view.items;
  expect(await accepted).toEqual({ id: user?.kind === "user" && user.requestId, runId: user?.runId });
});

test("iterates over every event once, in order", async () => {
  await using gateway = await testGateway(createSpeaker((content) => `You said: ${content}`).agent);
  const session = gateway.connect().session();
  await untilShown(session);
  const types: string[] = [];
  const events = session.events();
  void session.send("hi");
  for await (const event of events) {
    types.push(event.type);
    if (event.type === "run_end") break;
  }

  expect(types).toEqual([
    "user_message",
    "run_start",
    "chunk",
    "assistant_message",
    "message_done",
    "run_end",
  ]);
});

test("starts an iteration before the connection with a resync", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Hello.").agent);
  const first = gateway.connect().session();
  await first.send("hi");
  await until(first, ({ view }) => view.items.length === 2 && view.activeRuns.length === 0);

  const events: AsyncIterator<WatchedEvent> = gateway.connect().session().events();
  const { value } = await events.next();

  expect(value).toMatchObject({ type: "resync", messages: [{ content: "hi" }, { content: "Hello." }] });
});

test("ends iterations when the client closes or their signal aborts", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Hello.").agent);
  const client = gateway.connect();
  const session = client.session();
  const stop = new AbortController();
  const stopped = session.events({ signal: stop.signal });
  await untilShown(session);
  const [first, ended] = [session.events(), session.events({ signal: AbortSignal.abort(new Error("late")) })];
  stop.abort(new Error("enough"));
  client.close();

  await stopped.next();
  await expect(stopped.next()).rejects.toThrow("enough");
  await expect(ended.next()).rejects.toThrow("late");
  expect(await first.next()).toEqual({ value: undefined, done: true });
  expect(await session.events().next()).toEqual({ value: undefined, done: true });
});

test("stops the active run for a message that interrupts", async () => {
  const speaker = createSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const session = gateway.connect().session();
  await session.send("a story");
  await speaker.say("Once upon");
  await untilShown(session, "streaming: Once upon");

  await session.send("stop, another one", { mode: "interrupt" });
  await speaker.started(2);
  await speaker.say("Sure.");
  speaker.end();
  await until(session, ({ view }) => view.items.length === 4 && view.activeRuns.length === 0);

  expect(shown(session)).toEqual([
    "user: a story",
    "assistant: Once upon",
    "user: stop, another one",
    "assistant: Sure.",
  ]);
});

test("sends a decision on a tool call that asks", async () => {
  const decisions: unknown[] = [];
  const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  const call = { callId: "c1", toolName: "bash", input: { command: "ls" } };
  await using gateway = await testGateway({
    async *run({ runId, decision, signal }) {
      const run = { runId, timestamp: 1 };
      yield { type: "run_start", ...run };
      yield { type: "assistant_message", id: "a1", content: "", toolCalls: [call], ...run };
      yield { type: "approval_request", runId, callId: "c1", toolName: "bash", reason: "List the files" };
      const given = (await decision?.("c1", { signal })) ?? "deny";
      decisions.push(given);
      yield { type: "approval_done", runId, callId: "c1", decision: given };
      yield {
        type: "tool_done",
        id: "t1",
        callId: "c1",
        toolName: "bash",
        output: "a.txt",
        isError: false,
        ...run,
      };
      yield { type: "message_done", runId, content: "" };
      yield { type: "run_end", outcome: "completed", usage, ...run };
    },
  });
  void gateway.connect().session().send("files?");
  const session = gateway.connect().session();
  const asking = await until(session, ({ view }) =>
    view.items.some((item) => item.kind === "tool" && !!item.asksFor),
  );
  expect(asking.view.items.at(-1)).toMatchObject({ callId: "c1", asksFor: { reason: "List the files" } });

  void session.approve("c1", "session");
  await until(session, ({ view }) => view.activeRuns.length === 0);

  expect(decisions).toEqual(["session"]);
  expect(session.getSnapshot().view.items.at(-1)).toMatchObject({ phase: "done", asksFor: undefined });
});

test("loads older messages into the view, page by page", async () => {
  await using gateway = await testGateway(createSpeaker((content) => `You said: ${content}`).agent);
  const first = gateway.connect().session();
  for (let count = 1; count <= 60; count += 1) await first.send(`no. ${count}`);
  await until(first, ({ view }) => view.items.length === 120);
  await until(first, ({ view }) => view.activeRuns.length === 0);

  const session = gateway.connect().session();
  await untilShown(session);
  expect([shown(session).length, session.getSnapshot().view.hasMore]).toEqual([50, true]);
  const older = await session.history({ limit: 40 });
  expect([older.length, shown(session).length]).toEqual([40, 90]);
  await session.history();

  expect(shown(session)).toEqual(shown(first));
  expect(await session.history()).toEqual([]);
});

test("stops a run and keeps its text", async () => {
  const speaker = createSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const session = gateway.connect().session();
  await session.send("a story");
  await speaker.say("Once upon");
  await untilShown(session, "streaming: Once upon");

  void session.abort();
  const { stopping, view } = session.getSnapshot();
  expect(stopping).toBe(view.activeRuns[0]);
  await until(session, (snapshot) => snapshot.view.activeRuns.length === 0);

  expect(session.getSnapshot().view.items.at(-1)).toMatchObject({ content: "Once upon", partial: "aborted" });
  expect(session.getSnapshot().stopping).toBeUndefined();
});

test("stops a run of another client", async () => {
  const speaker = createSpeaker();
  await using gateway = await testGateway(speaker.agent);
  await gateway.connect().session().send("a story");
  await speaker.say("Once upon");
  const session = gateway.connect().session();
  await untilShown(session, "streaming: Once upon");

  void session.abort();
  await until(session, ({ view }) => view.activeRuns.length === 0);

  expect(session.getSnapshot().view.items.at(-1)).toMatchObject({ partial: "aborted" });
});

describe("a refused message", () => {
  test("stays in the outbox with the reason until it is discarded", async () => {
    await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
    const session = gateway.connect().session();
    await untilShown(session);

    const refused = session.send("x".repeat(9_000_000));

    await expect(refused).rejects.toMatchObject({ code: "MESSAGE_TOO_LONG" });
    const [message] = session.getSnapshot().outbox;
    expect(message).toMatchObject({ phase: "refused", refusal: { code: "MESSAGE_TOO_LONG" } });
    session.discard(message?.id ?? "");
    expect(shown(session)).toEqual([]);
  });

  test("can be sent again under its id", async () => {
    await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
    const client = gateway.connect();
    const session = client.session();
    await session.send("one");
    await until(session, ({ view }) => view.items.length === 2 && view.activeRuns.length === 0);
    const { sessionId = "" } = session.getSnapshot();
    await client.ask({ type: "archive", sessionId });
    await expect(session.send("two")).rejects.toMatchObject({ code: "SESSION_ARCHIVED" });
    const [message] = session.getSnapshot().outbox;

    await client.ask({ type: "unarchive", sessionId });
    const accepted = await session.sendAgain(message?.id ?? "");

    expect(accepted.id).toBe(message?.id);
    await expect(session.sendAgain(accepted.id)).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  test("is refused at once if its session does not exist", async () => {
    await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
    const session = gateway.connect().session("0199f3a0-0000-7000-8000-000000000000");
    const before = session.send("hi");
    await expect(before).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });

    expect(session.getSnapshot().phase).toBe("missing");
    await expect(session.send("hi")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  });
});

test("shows joined chunks once and continues after the last of them", () => {
  const sockets: FakeSocket[] = [];
  const client = connect({
    url: "ws://gateway.example",
    WebSocket: class extends FakeSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    },
  });
  const session = client.session();
  const [socket] = sockets;
  socket?.greet();
  const [resume] = socket?.sent ?? [];
  const replyTo = resume?.type === "resume" ? (resume.id ?? "") : "";
  socket?.receive({
    ...{ type: "resync", sessionId: "s", epoch: "e", upTo: 3, messages: [], hasMore: false, replyTo },
  });
  const chunk = { type: "chunk", sessionId: "s", runId: "r", messageId: "a" } as const;
  socket?.receive({ ...chunk, seq: 4, content: "Once " });
  socket?.receive({ ...chunk, seq: 7, firstSeq: 5, content: "upon a time" });
  socket?.receive({ ...chunk, seq: 7, content: "time" });
  client.close();

  expect(shown(session)).toEqual(["streaming: Once upon a time"]);
  expect(session.getSnapshot().view.lastSeq).toBe(7);
});

describe("a closed client", () => {
  test("rejects waiting and later requests", async () => {
    await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
    gateway.network.refuses = true;
    const client = gateway.connect();
    const session = client.session();
    const waiting = [session.send("hi"), client.ask({ type: "list" }), client.create()];
    client.close();
    client.close();

    for (const promise of [...waiting, session.send("hi"), client.ask({ type: "list" })]) {
      await expect(promise).rejects.toMatchObject({ code: "CLOSED" });
    }
    expect(client.getSnapshot()).toEqual({ phase: "closed" });
  });

  test("is closed when its signal aborts", async () => {
    await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
    const stop = new AbortController();
    const client = gateway.connect({ signal: stop.signal });
    stop.abort();

    expect(client.getSnapshot().phase).toBe("closed");
    expect(() => connect({ url: "ws://x", WebSocket: FakeSocket, signal: stop.signal })).toThrow("aborted");
  });
});

test("notifies listeners of its state until they unsubscribe", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  const client = gateway.connect();
  const phases: string[] = [];
  const { subscribe, getSnapshot } = client;
  const unsubscribe = subscribe(() => phases.push(getSnapshot().phase));
  await until(client, ({ phase }) => phase === "open");
  unsubscribe();
  client.close();

  expect(phases).toEqual(["open"]);
});

test("rejects a request when its signal aborts", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  gateway.network.refuses = true;
  const stop = new AbortController();
  const asked = gateway.connect().ask({ type: "list" }, { signal: stop.signal });
  stop.abort(new Error("enough"));

  await expect(asked).rejects.toThrow("enough");
});

test.each<[what: string, id: unknown]>([
  ["none", null],
  ["a number", 5],
  ["empty", ""],
  ["one that another request waits under", "same"],
])("answers each request, although its id is %s", async (_what, id) => {
  await using gateway = await testGateway(createSpeaker().agent);
  const client = gateway.connect();

  const list = { type: "list", id } as { type: "list" };
  const answers = await Promise.all([client.ask(list), client.ask(list)]);

  expect(answers.map(({ type }) => type)).toEqual(["sessions", "sessions"]);
});

test("closes although an iteration had a signal that is none", () => {
  const client = connect({ url: "ws://gateway.example", WebSocket: FakeSocket });
  const session = client.session();

  expect(() => session.events({ signal: 5 as unknown as AbortSignal })).toThrow(TypeError);

  client.close();
  expect(session.getSnapshot().phase).toBe("closed");
});

test("limits the requests and messages that wait", async () => {
  const client = connect({ url: "ws://gateway.example", WebSocket: FakeSocket });
  const questions = Array.from({ length: 33 }, () => client.ask({ type: "list" }));
  const sessions = [client.session(), client.session("another")];
  const messages = Array.from({ length: 51 }, (_, index) => sessions[index % 2]?.send(String(index)));

  await expect(questions.at(-1)).rejects.toMatchObject({ code: "TOO_MANY_REQUESTS", retryable: true });
  await expect(messages.at(-1)).rejects.toMatchObject({ code: "OUTBOX_FULL", retryable: true });
  client.close();
  const others = await Promise.allSettled([...questions.slice(0, -1), ...messages.slice(0, -1)]);
  expect(others.every(({ status }) => status === "rejected")).toBe(true);
});

describe("connect", () => {
  test.each([["claw"], ["/claw"], [""], ["ftp://gateway.example"]])("rejects the address %j", (url) => {
    expect(() => connect({ url, WebSocket: FakeSocket })).toThrow(
      `\`url\` must be of ws, wss, http or https, got ${JSON.stringify(url)}.`,
    );
  });

  test.each([
    ["http://gateway.example/claw?a=b#c", "ws://gateway.example/claw?a=b"],
    ["https://gateway.example", "wss://gateway.example/"],
    [new URL("ws://gateway.example/"), "ws://gateway.example/"],
  ])("connects to %s as %s", (url, expected) => {
    const urls: string[] = [];
    const client = connect({
      url,
      WebSocket: class extends FakeSocket {
        constructor(given: string) {
          super();
          urls.push(given);
        }
      },
    });
    client.close();

    expect(urls).toEqual([expected]);
  });

  test.each([{ tokn: "x" }, { pingInterval: 1 }, { onfailure: () => {} }])(
    "rejects the option %j",
    (other) => {
      expect(() => connect({ url: "ws://gateway.example", WebSocket: FakeSocket, ...other })).toThrow(
        expect.objectContaining({
          code: "INVALID_OPTION",
          message: `\`${Object.keys(other)[0]}\` is no option of \`connect\`.`,
        }),
      );
    },
  );

  test.skipIf("WebSocket" in globalThis)("names the missing class where there is no WebSocket", () => {
    expect(() => connect({ url: "ws://gateway.example" })).toThrow(
      '`WebSocket` must be a class. Install "ws" and pass its.',
    );
  });
});
