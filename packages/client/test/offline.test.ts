import type { AgentRunner } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import type { SessionSnapshot, WatchedEvent } from "../src/index.ts";
import { createSpeaker } from "./speaker.ts";
import { shown, testGateway, until, untilShown } from "./test-client.ts";

test("sends a message that was written before the connection, in a session that is away by then", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  const other = gateway.connect();
  const { sessionId = "" } = (await other.create()).getSnapshot();
  await other.session(sessionId).send("hi");
  const client = gateway.connect();
  const first = client.session();
  const early = first.send("early");

  client.session(sessionId);

  expect((await early).runId).toBeTypeOf("string");
  expect(first.getSnapshot()).toMatchObject({ phase: "away", sessionId: expect.any(String) as string });
});

test("sends 30 messages written offline in their order, though the queue of the gateway takes 20", async () => {
  const speaker = createSpeaker((content) => `You said: ${content}`);
  await using gateway = await testGateway(speaker.agent);
  gateway.network.refuses = true;
  const client = gateway.connect();
  const session = client.session();
  const contents = Array.from({ length: 30 }, (_, index) => `no. ${index}`);
  const accepted = Promise.all(contents.map((content) => session.send(content)));

  gateway.network.refuses = false;
  client.retryNow();
  // Each pause for a full queue ends by the clock.
  const pauses = setInterval(() => gateway.clock.advance(100), 5);
  await accepted;
  clearInterval(pauses);
  await speaker.started(30);

  expect(speaker.heard).toEqual(contents);
});

test("holds a message back while the queue is full, and sends it after the pause", async () => {
  const speaker = createSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const session = gateway.connect().session();
  for (let count = 0; count <= 20; count += 1) await session.send(`no. ${count}`);
  const last = session.send("one more");
  await until(session, ({ outbox }) => outbox.some(({ phase }) => phase === "sent"));
  await until(session, ({ outbox }) => outbox.some(({ phase }) => phase === "queued"));

  speaker.end();
  await speaker.started(2);
  gateway.clock.advance(500);

  expect((await last).runId).toBeTypeOf("string");
});

test("runs a message once that is sent twice under the same id", async () => {
  const speaker = createSpeaker(() => "Yes.");
  await using gateway = await testGateway(speaker.agent);
  const session = gateway.connect().session();

  const [first, second] = await Promise.all([
    session.send("hi", { id: "own-1" }),
    session.send("hi", { id: "own-1" }),
  ]);
  const again = await gateway.connect().session().send("hi", { id: "own-1" });

  expect([first, second, again]).toEqual(Array(3).fill({ id: "own-1", runId: first.runId }));
  await untilShown(session, "assistant: Yes.");
  expect(shown(session)).toEqual(["user: hi", "assistant: Yes."]);
  expect(speaker.heard).toEqual(["hi"]);
});

test.each([
  ["", "hi"],
  ["x".repeat(129), "hi"],
  ["own", 1],
])("rejects the id %j with the content %j", async (id, content) => {
  await using gateway = await testGateway(createSpeaker().agent);

  const sent = gateway
    .connect()
    .session()
    .send(content as string, { id });

  await expect(sent).rejects.toMatchObject({ code: "INVALID_OPTION" });
});

const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** An agent that asks for the approval of one tool call. */
const asking: AgentRunner = {
  async *run({ runId, decision, signal }) {
    const run = { runId, timestamp: 1 };
    const call = { callId: "c1", toolName: "bash", input: {} };
    yield { type: "run_start", ...run };
    yield { type: "assistant_message", id: `${runId}-1`, content: "", toolCalls: [call], ...run };
    yield { type: "approval_request", runId, callId: "c1", toolName: "bash", reason: "List the files" };
    const given = (await decision?.("c1", { signal })) ?? "deny";
    yield { type: "approval_done", runId, callId: "c1", decision: given };
    yield { type: "run_end", outcome: "completed", usage, ...run };
  },
};

test("sends an approval that was given without a connection", async () => {
  await using gateway = await testGateway(asking);
  const client = gateway.connect();
  const session = client.session();
  await session.send("files?");
  await until(session, ({ view }) => view.items.some((item) => item.kind === "tool" && !!item.asksFor));
  gateway.network.reset();
  await until(client, ({ phase }) => phase === "waiting");

  const approved = session.approve("c1", "once");
  client.retryNow();

  await approved;
  const { view } = await until(session, (snapshot) => snapshot.view.activeRuns.length === 0);

  expect(view.items.at(-1)).toMatchObject({ kind: "tool", asksFor: undefined });
});

test("decides without a connection on no call of a later run with the same id", async () => {
  await using gateway = await testGateway(asking);
  const asks = ({ view }: SessionSnapshot) =>
    view.items.some((item) => item.kind === "tool" && item.runId === view.activeRuns[0] && !!item.asksFor);
  const client = gateway.connect();
  const session = client.session();
  const { runId } = await session.send("files?");
  await until(session, asks);
  gateway.network.reset();
  await until(client, ({ phase }) => phase === "waiting");
  const late = session.approve("c1", "once");
  const other = gateway.connect().session(session.getSnapshot().sessionId);
  await other.send("and now?", { mode: "interrupt" });
  await until(other, (snapshot) => asks(snapshot) && snapshot.view.activeRuns[0] !== runId);
  const events = other.events();

  client.retryNow();
  await late;
  await other.approve("c1", "deny");

  expect(await nextOf(events, "approval_done")).toMatchObject({ decision: "deny" });
});

/** Returns the next event of a type. */
async function nextOf(events: AsyncIterable<WatchedEvent>, type: string): Promise<WatchedEvent | undefined> {
  for await (const event of events) if (event.type === type) return event;
  return undefined;
}

test("approves and stops in a session that is away", async () => {
  await using gateway = await testGateway(asking);
  const client = gateway.connect();
  const session = client.session();
  const { runId } = await session.send("files?");
  await until(session, ({ view }) => view.items.some((item) => item.kind === "tool" && !!item.asksFor));
  await client.create();
  expect(session.getSnapshot().phase).toBe("away");

  await session.approve("c1", "once");
  await session.abort(runId);

  client.session(session.getSnapshot().sessionId);
  await until(session, ({ phase, view }) => phase === "live" && view.activeRuns.length === 0);
});

test("resolves an abort of a run that has ended, because nothing is left to stop", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  const session = gateway.connect().session();
  const { runId } = await session.send("hi");
  await until(session, ({ view }) => view.activeRuns.length === 0 && view.items.length === 2);

  await session.abort(runId);

  expect(session.getSnapshot().stopping).toBeUndefined();
});

test("rejects an approval before the gateway has named the session", async () => {
  await using gateway = await testGateway(createSpeaker().agent);

  await expect(gateway.connect().session().approve("c1", "once")).rejects.toMatchObject({
    code: "SESSION_NOT_FOUND",
  });
});

test.each<[what: string, options: object]>([
  ["files that JSON does not have", { blocks: [{ type: "text", text: 1n }] }],
  ["an id that is a number", { id: 5 }],
  ["an id that is an object", { id: {} }],
  ["an empty id", { id: "" }],
  ["an id of 129", { id: "x".repeat(129) }],
])("refuses a message with %s at once, and sends the next one", async (_, options) => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  const client = gateway.connect();
  const session = client.session();

  const refused = await session.send("one", options as never).catch((error: unknown) => error);
  const asked = (async () => {
    for await (const _event of session.ask("one", options as never)) throw new Error("An event came.");
  })().catch((error: unknown) => error);

  expect(refused).toBeInstanceOf(Error);
  expect(await asked).toMatchObject({ message: (refused as Error).message });
  expect(session.getSnapshot().outbox).toEqual([]);
  expect((await session.send("two")).runId).toBeTypeOf("string");
});
