import type { AgentRunner, SessionEvent } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { Idempotency } from "../src/sessions/idempotency.ts";
import { echoAgent, gate, heldAgent, testGateway } from "./test-gateway.ts";

const timestamp = 1;

/** The events of one run with so many rounds of a tool, that answers a message or a retry. */
function run(runId: string, first: SessionEvent, rounds = 0): SessionEvent[] {
  const callId = `${runId}-c`;
  const call = { callId, toolName: "bash", input: {} };
  const round = (index: number): SessionEvent[] => {
    const id = `${runId}-${index}`;
    const result = { callId, toolName: "bash", output: "ok", isError: false, timestamp };
    return [
      { type: "assistant_message", runId, id, content: "", timestamp, toolCalls: [call] },
      { type: "tool_done", runId, id: `${id}-t`, ...result },
    ];
  };
  const said = Array.from({ length: rounds }, (_, index) => round(index)).flat();
  const retryRequest = first.type === "run_start" ? first.retryRequest : undefined;
  const end = {
    outcome: "completed",
    usage: noUsage,
    timestamp,
    ...(retryRequest && { retryRequest }),
  } as const;
  return [first, ...said, { type: "run_end", runId, ...end }];
}

function message(index: number): SessionEvent {
  const runId = `r${index}`;
  return { type: "user_message", runId, id: `u${index}`, content: "hi", timestamp, requestId: `q${index}` };
}

async function storeWith(events: SessionEvent[]) {
  const store = createMemoryStore();
  const { sessionId } = await store.createSession("webchat");
  const log = await store.openLog(sessionId);
  await log.record(events);
  await log.settle();
  await log.close();
  return { store, sessionId };
}

const endRuns = () => Promise.resolve();
const never = () => Promise.reject(new Error("it would run again"));

describe("the contents of the transcript", () => {
  test.each([
    ["the last of 1,000 messages", 1000, 0],
    ["the last of 1,000 messages to runs of many tools", 1000, 6],
    ["the first of all, of a session that has fewer", 300, 20],
  ])("is known: %s", async (_, count, rounds) => {
    const events = Array.from({ length: count }, (_, index) => run(`r${index}`, message(index), rounds));
    const { store, sessionId } = await storeWith(events.flat());
    const requests = new Idempotency({ store, isBusy: () => false, endRuns });

    expect(await requests.acceptOnce(sessionId, "q0", { content: "hi" }, never)).toEqual({
      runId: "r0",
      position: 0,
    });
    await expect(requests.acceptOnce(sessionId, "q0", { content: "ho" }, never)).rejects.toMatchObject({
      code: "REQUEST_CONFLICT",
    });
  });

  test("is known of retries too, by the run that they named", async () => {
    const retryRequest = { id: "again", runId: "r1" };
    const begin: SessionEvent = { type: "run_start", runId: "r2", timestamp, retryOf: "r0", retryRequest };
    const { store, sessionId } = await storeWith([...run("r0", message(0)), ...run("r2", begin)]);
    const requests = new Idempotency({ store, isBusy: () => false, endRuns });

    expect(await requests.acceptOnce(sessionId, "again", { retryOf: "r1" }, never)).toEqual({
      runId: "r2",
      position: 0,
    });
    await expect(requests.acceptOnce(sessionId, "again", { retryOf: "r0" }, never)).rejects.toMatchObject({
      code: "REQUEST_CONFLICT",
    });
    await expect(requests.acceptOnce(sessionId, "q0", { retryOf: "r1" }, never)).rejects.toMatchObject({
      code: "REQUEST_CONFLICT",
    });
  });
});

describe("a forgotten request, because other sessions were used since,", () => {
  const accepted = { runId: "mine", position: 0 };
  const accept = () => Promise.resolve(accepted);

  /** Remembers two sessions with one request each, and no more. */
  async function forgetful(isBusy: (sessionId: string) => boolean = () => false) {
    const store = createMemoryStore();
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.push((await store.createSession("webchat")).sessionId);
    const [first = "", ...others] = ids;
    const requests = new Idempotency({ store, isBusy, endRuns, maxRemembered: 4 });
    const useOthers = async () => {
      for (const other of others) await requests.acceptOnce(other, "q1", { content: "hi" }, accept);
    };
    return { requests, first, useOthers };
  }

  test("is read again", async () => {
    const { requests, first, useOthers } = await forgetful();
    await requests.acceptOnce(first, "q1", { content: "hi" }, accept);

    await useOthers();

    // It stands in no transcript, so that it is seen to be gone.
    await expect(requests.acceptOnce(first, "q1", { content: "hi" }, never)).rejects.toThrow(
      "it would run again",
    );
  });

  test("is not what runs or waits", async () => {
    const busy = new Set<string>();
    const { requests, first, useOthers } = await forgetful((sessionId) => busy.has(sessionId));
    busy.add(first);
    await requests.acceptOnce(first, "q1", { content: "hi" }, accept);

    await useOthers();

    expect(await requests.acceptOnce(first, "q1", { content: "hi" }, never)).toBe(accepted);
  });

  test("is not what is being kept", async () => {
    const { requests, first, useOthers } = await forgetful();
    const [kept, keep] = gate();
    const begun = requests.acceptOnce(first, "q1", { content: "hi" }, () => kept.then(accept));

    await useOthers();
    const again = requests.acceptOnce(first, "q1", { content: "hi" }, never);
    keep();

    expect(await Promise.all([begun, again])).toEqual([accepted, accepted]);
  });
});

test("a request that was refused may come again", async () => {
  const store = createMemoryStore();
  const { sessionId } = await store.createSession("webchat");
  const requests = new Idempotency({ store, isBusy: () => false, endRuns });
  await expect(requests.acceptOnce(sessionId, "q1", { content: "hi" }, never)).rejects.toThrow(
    "it would run again",
  );

  const again = { runId: "r1", position: 0 };

  expect(await requests.acceptOnce(sessionId, "q1", { content: "hi" }, () => Promise.resolve(again))).toBe(
    again,
  );
});

test("a transcript that could not be read is read at the next request", async () => {
  const { store, sessionId } = await storeWith(run("r0", message(0)));
  const load = store.loadMessages.bind(store);
  store.loadMessages = async () => {
    store.loadMessages = load;
    throw new Error("input/output error");
  };
  const requests = new Idempotency({ store, isBusy: () => false, endRuns });
  await expect(requests.acceptOnce(sessionId, "q0", { content: "hi" }, never)).rejects.toThrow(
    "input/output error",
  );

  expect(await requests.acceptOnce(sessionId, "q0", { content: "hi" }, never)).toMatchObject({ runId: "r0" });
});

// Rule 6: an id among the session's queue, however many sessions have sent requests since.
test("a message that waits runs once, after messages to 1,001 other sessions", {
  timeout: 60_000,
}, async () => {
  const held = heldAgent();
  const store = createMemoryStore();
  const { sessionId } = await store.createSession("webchat");
  const agent: AgentRunner = {
    run: (input) => (input.sessionId === sessionId ? held.agent : echoAgent).run(input),
  };
  await using test = await testGateway({ agent, store });
  const { gateway } = test;
  await gateway.submit({ sessionId, content: "before" });
  await held.started(1);
  const submission = { sessionId, content: "once", requestId: "q1" };
  const first = await gateway.submit(submission);

  for (let count = 0; count < 1001; count += 1) {
    const { sessionId: other } = await store.createSession("webchat");
    await (await gateway.submit({ sessionId: other, content: "other", requestId: "q1" })).ended;
  }
  const second = await gateway.submit(submission);

  expect(second.runId).toBe(first.runId);
  expect(gateway.health()).toMatchObject({ runs: 2, waiting: 1 });
  held.release();
  held.release();
  expect(await second.ended).toMatchObject({ outcome: "completed" });
});
