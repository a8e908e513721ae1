import { expect, test } from "vitest";
import { createSpeaker } from "./speaker.ts";
import { shown, testGateway, until, untilShown } from "./test-client.ts";

/** An agent that answers with the number of the run. */
function countingSpeaker() {
  let count = 0;
  return createSpeaker(() => `Answer ${(count += 1)}.`);
}

test("shows an edit instead of its message and what came after, to all watchers", async () => {
  await using gateway = await testGateway(countingSpeaker().agent);
  const session = gateway.connect().session();
  const other = gateway.connect().session();
  for (const [index, text] of ["one", "two", "three"].entries()) {
    await session.send(text);
    await untilShown(session, `assistant: Answer ${index + 1}.`);
    await until(session, ({ view }) => view.activeRuns.length === 0);
  }
  const edited = session
    .getSnapshot()
    .view.items.find((item) => item.kind === "user" && item.content === "two");

  const { runId } = await session.edit(edited?.key ?? "", "another");
  await untilShown(session, "assistant: Answer 4.");
  await untilShown(other, "assistant: Answer 4.");

  const expected = ["user: one", "assistant: Answer 1.", "user: another", "assistant: Answer 4."];
  expect([shown(session), shown(other)]).toEqual([expected, expected]);
  expect(session.getSnapshot().view.items.at(-1)?.runId).toBe(runId);
  const late = gateway.connect().session();
  await untilShown(late);
  expect(shown(late)).toEqual(expected);
});

test("shows older messages before an edit of one that was not loaded", async () => {
  await using gateway = await testGateway(countingSpeaker().agent);
  const session = gateway.connect().session();
  for (let run = 1; run <= 30; run += 1) {
    await session.send(`question ${run}`);
    await untilShown(session, `assistant: Answer ${run}.`);
    await until(session, ({ view }) => view.activeRuns.length === 0);
  }
  const late = gateway.connect().session();
  await untilShown(late);
  const second = session.getSnapshot().view.items[2];
  expect(late.getSnapshot().view.items.some(({ key }) => key === second?.key)).toBe(false);

  await session.edit(second?.key ?? "", "instead");
  await untilShown(late, "assistant: Answer 31.");
  expect(shown(late)).toEqual(["user: instead", "assistant: Answer 31."]);

  expect((await late.history()).map(({ content }) => content)).toEqual(["question 1", "Answer 1."]);
  expect(shown(late)).toEqual([
    ...["user: question 1", "assistant: Answer 1.", "user: instead", "assistant: Answer 31."],
  ]);
  expect(shown(late)).toEqual(shown(session));
});

test("runs an edit once whose acknowledgement was lost", async () => {
  const speaker = countingSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const client = gateway.connect();
  const session = client.session();
  await session.send("hi");
  await until(session, ({ view }) => view.items.length === 2 && view.activeRuns.length === 0);
  const key = session.getSnapshot().view.items[0]?.key ?? "";
  gateway.network.freeze();
  const edited = session.edit(key, "hello");
  gateway.clock.advance(35_000);
  gateway.network.mend();
  client.retryNow();

  await edited;
  await untilShown(session, "assistant: Answer 2.");
  expect([speaker.heard, shown(session)]).toEqual([
    ["hi", "hello"],
    ["user: hello", "assistant: Answer 2."],
  ]);
});

test("rejects an edit while the session is busy, of an unknown message, and of no session", async () => {
  const speaker = createSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const session = gateway.connect().session();
  await expect(session.edit("m", "x")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  await session.send("hi");
  await until(session, ({ view }) => view.activeRuns.length === 1);
  const key = session.getSnapshot().view.items[0]?.key ?? "";
  await expect(session.edit(key, "x")).rejects.toMatchObject({ code: "SESSION_BUSY", retryable: true });
  speaker.end();
  await until(session, ({ view }) => view.activeRuns.length === 0);

  await expect(session.edit("nothing", "x")).rejects.toMatchObject({ code: "MESSAGE_NOT_FOUND" });
  await expect(session.edit(key, "")).rejects.toMatchObject({ code: "INVALID_FRAME" });
  await expect(session.edit(key, "x", { signal: AbortSignal.abort("stop") })).rejects.toBe("stop");
});
