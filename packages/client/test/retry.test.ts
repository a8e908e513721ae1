import { expect, test } from "vitest";
import { createSpeaker } from "./speaker.ts";
import { shown, testGateway, until, untilShown } from "./test-client.ts";

/** An agent that counts its answers. */
function countingSpeaker() {
  let count = 0;
  return createSpeaker(() => `Answer ${(count += 1)}.`);
}

test("shows the answer of a retry instead of the answer before, to all watchers", async () => {
  await using gateway = await testGateway(countingSpeaker().agent);
  const session = gateway.connect().session();
  const other = gateway.connect().session();
  const { runId } = await session.send("hi");
  await untilShown(session, "assistant: Answer 1.");
  await until(session, ({ view }) => view.activeRuns.length === 0);

  const retried = await session.retry(runId);
  await untilShown(session, "assistant: Answer 2.");
  await untilShown(other, "assistant: Answer 2.");

  expect(shown(session)).toEqual(["user: hi", "assistant: Answer 2."]);
  expect(shown(other)).toEqual(shown(session));
  expect(session.getSnapshot().view.items.at(-1)?.runId).toBe(retried.runId);
  const late = gateway.connect().session();
  await untilShown(late);
  expect(shown(late)).toEqual(shown(session));
});

test("repeats a retry that a frozen network lost, and it runs once", async () => {
  const speaker = countingSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const client = gateway.connect();
  const session = client.session();
  const { runId } = await session.send("hi");
  await until(session, ({ view }) => view.items.length === 2 && view.activeRuns.length === 0);
  gateway.network.freeze();
  const retried = session.retry(runId);
  gateway.clock.advance(35_000);
  gateway.network.mend();
  client.retryNow();

  expect((await retried).runId).not.toBe(runId);
  await untilShown(session, "assistant: Answer 2.");
  expect([speaker.heard, shown(session)]).toEqual([
    ["hi", "hi"],
    ["user: hi", "assistant: Answer 2."],
  ]);
});

test("runs a retry once whose acknowledgement was lost", async () => {
  const speaker = createSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const client = gateway.connect();
  const session = client.session();
  const { runId } = await session.send("hi");
  speaker.end();
  await until(session, ({ view }) => view.activeRuns.length === 0 && view.items.length > 0);

  const retried = session.retry(runId);
  // It is on its way when the way back is gone.
  gateway.network.cutClientOff();
  await until(client, ({ phase }) => phase === "waiting");
  client.retryNow();
  const { runId: second } = await retried;
  await speaker.say("Yes.");
  speaker.end();
  await until(session, ({ view }) => view.activeRuns.length === 0 && view.items.length === 2);

  expect(speaker.heard).toEqual(["hi", "hi"]);
  expect(session.getSnapshot().view.items.at(-1)).toMatchObject({ content: "Yes.", runId: second });
});

test("rejects a retry while the session is busy or of a run that is not the newest", async () => {
  const speaker = createSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const session = gateway.connect().session();
  const { runId } = await session.send("hi");

  await expect(session.retry(runId)).rejects.toMatchObject({ code: "SESSION_BUSY", retryable: true });
  speaker.end();
  await until(session, ({ view }) => view.activeRuns.length === 0);
  await expect(session.retry("another")).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
});

test("rejects a retry before the gateway has named the session", async () => {
  await using gateway = await testGateway(createSpeaker().agent);

  await expect(gateway.connect().session().retry("r")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});

test("shows the active run and the queue after a resync in the middle of a run", async () => {
  const speaker = createSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const first = gateway.connect().session();
  await first.send("one");
  const { runId } = await first.send("two");
  await first.send("three");
  speaker.end();
  await speaker.started(2);
  await speaker.say("Once upon");

  const late = gateway.connect().session();
  const { view } = await until(late, ({ phase }) => phase === "live");

  expect([view.activeRuns, view.queued.map(({ content }) => content)]).toEqual([[runId], ["three"]]);
  await until(late, () => shown(late).includes("streaming: Once upon"));
  expect(shown(late)).toEqual(["user: one", "user: two", "streaming: Once upon", "waits: three"]);
});
