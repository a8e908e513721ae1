import type { ClientEvent, MessageEntry } from "@mini-openclaw/protocol";
import { defaultLimits } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { createChatClient } from "../page/chat-client.ts";
import { connected, numbered, run, shown } from "./events.ts";

/** A client whose frames are kept, with ids that count up from `id-1`. */
function testClient() {
  const frames: ClientEvent[] = [];
  let count = 0;
  const client = createChatClient({
    transmit: (event) => frames.push(event),
    onChange: () => {},
    createId: () => `id-${++count}`,
  });
  /** Answers the newest question for messages. */
  function answerHistory(messages: MessageEntry[] = [], hasMore = false): void {
    const asked = frames.findLast((event) => event.type === "history");
    if (asked?.id === undefined) throw new Error("no history was asked for");
    client.receive({ type: "history", sessionId: "s", messages, hasMore, replyTo: asked.id });
  }
  return { client, frames, answerHistory };
}

const user: MessageEntry = { role: "user", seq: 1, id: "u1", content: "hi", requestId: "id-2", ...run };

test("asks for the newest messages when it is connected", () => {
  const { client, frames } = testClient();
  client.receive(connected());

  expect(frames).toEqual([{ type: "history", id: "id-1", sessionId: "s", limit: 50 }]);
});

test("sends what was typed before the connection stood, once it knows the session", () => {
  const { client, frames, answerHistory } = testClient();
  client.send("hi");
  client.receive(connected());
  expect(frames.map(({ type }) => type)).toEqual(["history"]);

  answerHistory();
  expect(frames.slice(1)).toEqual([{ type: "message", id: "id-1", content: "hi" }]);
});

test("names the session once it has messages, since only then it outlives the gateway", () => {
  const { client, frames, answerHistory } = testClient();
  client.receive(connected());
  answerHistory([{ ...user, requestId: "other" }]);
  client.send("again");

  expect(frames.at(-1)).toEqual({ type: "message", id: "id-2", content: "again", sessionId: "s" });
});

test("sends a message once on a connection", () => {
  const { client, frames, answerHistory } = testClient();
  client.receive(connected());
  answerHistory();
  client.send("one");
  client.send("two");
  client.receive({ type: "pong" });

  expect(frames.slice(1).map((event) => event.type === "message" && event.content)).toEqual(["one", "two"]);
});

test("sends a message again after a reconnect, under the same id, if nothing shows that it arrived", () => {
  const { client, frames, answerHistory } = testClient();
  client.receive(connected());
  answerHistory();
  client.send("hi");
  client.disconnected();
  client.receive(connected());
  answerHistory();

  expect(frames.filter(({ type }) => type === "message")).toEqual([
    { type: "message", id: "id-2", content: "hi" },
    { type: "message", id: "id-2", content: "hi" },
  ]);
});

test.each<[string, (parts: ReturnType<typeof testClient>) => void]>([
  [
    "its ack",
    ({ client }) =>
      client.receive({ type: "ack", replyTo: "id-2", sessionId: "s", runId: "run-1", position: 0 }),
  ],
  [
    "its user message",
    ({ client }) =>
      numbered([{ type: "user_message", id: "u1", content: "hi", requestId: "id-2", ...run }]).forEach(
        client.receive,
      ),
  ],
  ["the history", () => {}],
])("does not send a message again that arrived, as %s shows", (proof, receiveProof) => {
  const parts = testClient();
  const { client, frames, answerHistory } = parts;
  client.receive(connected());
  answerHistory();
  client.send("hi");
  receiveProof(parts);
  client.disconnected();
  client.receive(connected());
  answerHistory(proof === "the history" ? [user] : []);

  expect(frames.filter(({ type }) => type === "message")).toHaveLength(1);
});

test("sends also when the history could not be read", () => {
  const { client, frames } = testClient();
  client.receive(connected());
  client.send("hi");
  client.receive({ type: "error", code: "STORE_FAILED", message: "no", retryable: true, replyTo: "id-1" });

  expect(frames.at(-1)).toEqual({ type: "message", id: "id-2", content: "hi" });
});

test("keeps back a message that is longer than the gateway accepts", () => {
  const { client, frames, answerHistory } = testClient();
  client.receive({ ...connected(), limits: { ...defaultLimits, maxFrameBytes: 60 } } as ReturnType<
    typeof connected
  >);
  answerHistory();
  client.send("short");
  client.send("龙".repeat(20));

  expect(frames.filter(({ type }) => type === "message")).toHaveLength(1);
  expect(client.chat.waiting).toMatchObject([
    { phase: "sending" },
    { refusal: { code: "MESSAGE_TOO_LONG" } },
  ]);
});

test("sends a refused message again when it is told to, or forgets it", () => {
  const { client, frames, answerHistory } = testClient();
  client.receive(connected());
  answerHistory();
  client.send("hi");
  const refuse = () => {
    client.receive({ type: "error", code: "QUEUE_FULL", message: "full", retryable: true, replyTo: "id-2" });
    const [message] = client.chat.waiting;
    if (!message) throw new Error("nothing waits");
    return message;
  };

  client.sendAgain(refuse());
  expect(frames.filter(({ type }) => type === "message")).toHaveLength(2);
  client.discard(refuse());
  expect(shown(client.chat)).toEqual([]);
});

test("stops the run that goes on, once", () => {
  const { client, frames, answerHistory } = testClient();
  client.receive(connected());
  answerHistory();
  client.stop();
  numbered([{ type: "run_start", ...run }]).forEach(client.receive);
  client.stop();
  client.stop();

  expect(frames.slice(1)).toEqual([{ type: "abort", id: "id-2", sessionId: "s", runId: "run-1" }]);
  expect(client.chat.stopping).toBe("run-1");
});

test("begins a new session, and loads what is in it", () => {
  const { client, frames, answerHistory } = testClient();
  client.receive(connected());
  answerHistory([user]);
  client.newChat();
  client.receive(connected("new"));

  expect(frames.slice(1)).toEqual([
    { type: "create", id: "id-2" },
    { type: "history", id: "id-3", sessionId: "new", limit: 50 },
  ]);
  expect(shown(client.chat)).toEqual([]);
});

test("follows an ack into the session that it names", () => {
  const { client, frames, answerHistory } = testClient();
  client.receive(connected());
  answerHistory([user]);
  client.send("hi");
  client.receive({ type: "ack", replyTo: "id-2", sessionId: "other", runId: "run-2", position: 0 });

  expect(client.chat.sessionId).toBe("other");
  expect(frames.at(-1)).toEqual({ type: "history", id: "id-3", sessionId: "other", limit: 50 });
});

test("loads earlier messages from the oldest one on", () => {
  const { client, frames, answerHistory } = testClient();
  client.receive(connected());
  answerHistory([{ ...user, seq: 40 }], true);
  client.loadEarlier();

  expect(frames.at(-1)).toEqual({ type: "history", id: "id-2", sessionId: "s", before: 40, limit: 50 });
});
