import type { ResyncEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { connect, type WatchedEvent } from "../src/index.ts";
import { FakeSocket } from "./fake-socket.ts";
import { createSpeaker } from "./speaker.ts";
import { testGateway, until } from "./test-client.ts";

async function textOf(events: AsyncIterable<WatchedEvent>): Promise<string> {
  let text = "";
  for await (const event of events) if (event.type === "chunk") text += event.content;
  return text;
}

test("iterates over exactly the run of the message", async () => {
  await using gateway = await testGateway(createSpeaker((content) => `You said: ${content}`).agent);
  const session = gateway.connect().session();

  const texts = await Promise.all([textOf(session.ask("one")), textOf(session.ask("two"))]);

  expect(texts).toEqual(["You said: one", "You said: two"]);
});

test("begins with the message and ends with the end of its run", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  const types: string[] = [];

  for await (const event of gateway.connect().session().ask("hi")) types.push(event.type);

  expect([types[0], types.at(-1)]).toEqual(["user_message", "run_end"]);
});

test("continues across a lost connection", async () => {
  const speaker = createSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const client = gateway.connect();
  const text = textOf(client.session().ask("a story"));
  await speaker.say("Once ");
  await until(client.session(), ({ view }) => view.items.length === 2);

  gateway.network.reset();
  await until(client, ({ phase }) => phase === "waiting");
  await speaker.say("upon a time.");
  client.retryNow();
  await until(client.session(), ({ phase }) => phase === "live");
  speaker.end();

  expect(await text).toBe("Once upon a time.");
});

test("ends with a resync if the gateway no longer has the run when the connection is back", async () => {
  const sockets: FakeSocket[] = [];
  const client = connect({
    ...{ url: "ws://gateway.example", random: () => 0 },
    WebSocket: class extends FakeSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    },
  });
  const session = client.session();
  const resync: ResyncEvent = {
    ...{ type: "resync", sessionId: "s", epoch: "1", upTo: 0, messages: [], hasMore: false },
  };
  sockets[0]?.greet();
  sockets[0]?.receive({ ...resync, replyTo: sockets[0].lastId });
  const events = session.ask("hi");
  sockets[0]?.receive({
    ...{ type: "ack", replyTo: sockets[0].lastId, sessionId: "s", runId: "r1", position: 0 },
  });
  sockets[0]?.receive({
    type: "chunk",
    sessionId: "s",
    seq: 2,
    runId: "r1",
    messageId: "m",
    content: "Once",
  });
  sockets[0]?.tell("close");
  client.retryNow();
  sockets[1]?.greet();
  sockets[1]?.receive({ ...resync, epoch: "2", upTo: 9, replyTo: sockets[1].lastId });
  const types: string[] = [];

  for await (const event of events) types.push(event.type);

  expect(types).toEqual(["chunk", "resync"]);
  client.close();
});

test("rejects the iteration if the message is refused", async () => {
  await using gateway = await testGateway(createSpeaker().agent);
  const session = gateway.connect().session();

  await expect(session.ask("x".repeat(9_000_000)).next()).rejects.toMatchObject({ code: "MESSAGE_TOO_LONG" });
});

test("ends when its signal aborts, and sends nothing if it has aborted before", async () => {
  const speaker = createSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const session = gateway.connect().session();
  const stop = new AbortController();
  const events = session.ask("one", { signal: stop.signal });
  await speaker.started(1);
  stop.abort(new Error("enough"));

  await expect(textOf(events)).rejects.toThrow("enough");
  await expect(session.ask("two", { signal: stop.signal }).next()).rejects.toThrow("enough");
  expect(session.getSnapshot().outbox.map(({ content }) => content)).not.toContain("two");
});

test("throws when the client is closed before the end of the run, and afterwards", async () => {
  const speaker = createSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const client = gateway.connect();
  const session = client.session();
  const asked = textOf(session.ask("a story"));
  await speaker.say("Once ");
  await until(session, ({ view }) => view.items.length === 2);

  client.close();

  await expect(asked).rejects.toMatchObject({ code: "CLOSED" });
  await expect(textOf(session.ask("another"))).rejects.toMatchObject({ code: "CLOSED" });
  await expect(textOf(client.session("other").ask("more"))).rejects.toMatchObject({ code: "CLOSED" });
  expect(await textOf(session.events())).toBe("");
});

test("ends for a message whose run was over before, as of an outbox that is sent again", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  const session = gateway.connect().session();
  await textOf(session.ask("hi", { id: "kept" }));
  const { view } = session.getSnapshot();
  const events: WatchedEvent[] = [];

  for await (const event of session.ask("hi", { id: "kept" })) events.push(event);

  expect(events).toMatchObject([{ type: "run_end", outcome: "completed", seq: view.lastSeq }]);
  expect(session.getSnapshot().view).toEqual(view);
});

test("throws when the session is deleted before the end of the run", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  const client = gateway.connect();
  const session = client.session();
  await textOf(session.ask("hi"));
  const { sessionId = "" } = session.getSnapshot();
  await client.ask({ type: "delete", sessionId });

  await expect(textOf(session.ask("again"))).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});
