import { expect, test } from "vitest";
import { connectFullClient, type FullClient } from "./full-client.ts";
import { startServer, temporaryDirectory } from "./server.ts";
import { readTranscript } from "./transcript.ts";
import { startWaitingModelServer } from "./waiting-model-server.ts";

const pieces = Array.from({ length: 400 }, (_, index) => `word ${index} `);

function textOf(client: FullClient): string {
  return client.events.map((event) => (event.type === "chunk" ? event.content : "")).join("");
}

test("kill -9 in the middle of an answer loses no word that was on the screen", async () => {
  await using directory = await temporaryDirectory();
  await using model = await startWaitingModelServer(pieces);
  const first = await startServer(directory.path, model.env);
  const before = await connectFullClient(first.webSocketUrl);
  before.send({ type: "message", content: "talk", id: "q1" });
  while (textOf(before).length < 200) {
    await before.nextEvent();
    model.goOn();
  }

  await first.stop("SIGKILL");
  await before.closed;
  await using second = await startServer(directory.path, model.env);
  const after = await connectFullClient(second.webSocketUrl);
  const seen = before.events.at(-1)?.seq ?? 0;
  after.send({ type: "resume", sessionId: before.sessionId, after: seen });
  await after.until("run_end");

  expect(after.sessionId).toBe(before.sessionId);
  expect(after.answers).toMatchObject([{ type: "resumed", after: seen, from: "entries" }]);
  const [partial, end, ...more] = after.events;
  expect(more).toEqual([]);
  expect(partial).toMatchObject({ type: "assistant_message", partial: "interrupted" });
  expect(partial?.content?.startsWith(textOf(before))).toBe(true);
  expect(pieces.join("").startsWith(partial?.content ?? "?")).toBe(true);
  expect(end).toMatchObject({ type: "run_end", outcome: "interrupted" });
  expect(Math.min(...after.events.map(({ seq = 0 }) => seq))).toBeGreaterThan(seen);

  // A message that is sent again with its id is known, and the session works.
  after.send({ type: "message", content: "talk", id: "q1" });
  const ack = await after.untilAnswer("ack");
  expect(ack).toMatchObject({ runId: partial?.runId });
  await second.stop();
  expect(readTranscript(directory.path, before.sessionId).map(({ role, type }) => role ?? type)).toEqual([
    "session",
    "user",
    "assistant",
    "run_end",
  ]);
});
