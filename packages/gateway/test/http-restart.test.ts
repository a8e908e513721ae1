import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSessionStore } from "@mini-openclaw/session-store";
import { expect, onTestFinished, test } from "vitest";
import { EventStreamReader, summaryOf } from "./http-client.ts";
import { heldAgent, testGateway } from "./test-gateway.ts";

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "http-restart-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

test("a stream continues after a crash of the gateway, and a message sent again does not run again", async () => {
  const [before, after] = [await temporaryDirectory(), await temporaryDirectory()];
  const request = {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream", "idempotency-key": "k1" },
    body: JSON.stringify({ content: "hello" }),
  };
  const { agent, started, release } = heldAgent();
  await using first = await testGateway({ store: await openSessionStore(before), agent });
  const stream = new EventStreamReader(await first.get("/sessions/current/messages", request));
  const seen = await stream.until("chunk");
  const [run] = await started(1);
  // A crash leaves the files as they are in the middle of the run.
  await cp(before, after, { recursive: true });

  const store = await openSessionStore(after);
  await store.recover();
  const unused = heldAgent();
  await using second = await testGateway({ store, agent: unused.agent });
  const path = `/sessions/${run?.sessionId}/events?runId=${run?.runId}`;
  const headers = { "last-event-id": String(seen.at(-1)?.id) };
  const rest = await new EventStreamReader(await second.get(path, { headers })).until();
  const again = await second.get("/sessions/current/messages", {
    ...request,
    headers: { ...request.headers, accept: "application/json" },
  });

  expect(summaryOf([...seen, ...rest].map(({ data }) => data))).toEqual([
    "user_message",
    "run_start",
    "chunk thinking…",
    "assistant_message",
    "run_end",
  ]);
  expect(rest.map(({ data }) => data)).toMatchObject([
    { content: "thinking…", partial: "interrupted" },
    { outcome: "interrupted" },
  ]);
  expect(await again.json()).toMatchObject({
    runId: run?.runId,
    outcome: "interrupted",
    content: "thinking…",
  });
  release();
  await stream.cancel();
});
