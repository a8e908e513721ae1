import {
  type AgentRunner,
  noUsage,
  type RunEvent,
  type SessionEvent,
  type TakeEvent,
  takeDirectly,
} from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { testGateway } from "./test-gateway.ts";

type Piece = Partial<Extract<RunEvent, { type: "chunk" }>> | Extract<RunEvent, { type: "retry" }>;

/** An agent that hands each event to the gateway, and yields it if the gateway does not take it. */
function directAgent(pieces: (runId: string) => readonly Piece[]) {
  const taken: boolean[] = [];
  const agent: AgentRunner = {
    run({ runId }) {
      let take: TakeEvent<RunEvent> = () => false;
      const events = (async function* (): AsyncGenerator<RunEvent> {
        yield { type: "run_start", runId, timestamp: 1 };
        for (const piece of pieces(runId)) {
          const event = { type: "chunk", runId, messageId: "m1", ...piece } as RunEvent;
          const isTaken = await take(event);
          taken.push(isTaken);
          if (!isTaken) yield event;
        }
        const message = { id: "m1", content: "one two", timestamp: 1 };
        yield { type: "assistant_message", runId, ...message };
        yield { type: "message_done", runId, content: "one two" };
        yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
      })();
      const takes = (taker: TakeEvent<RunEvent>) => {
        take = taker;
      };
      return Object.assign(events, { [takeDirectly]: takes });
    },
  };
  return { agent, taken };
}

const words = () => [{ content: "one" }, { content: " two" }];

/** A store that records with promises, or that fails to record chunks. */
function storeThat(
  recordsChunk: (record: () => unknown, event: SessionEvent | undefined) => unknown,
): ReturnType<typeof createMemoryStore> {
  const store = createMemoryStore();
  const openLog = store.openLog.bind(store);
  store.openLog = async (sessionId) => {
    const log = await openLog(sessionId);
    const record = log.record.bind(log);
    log.record = (events) => recordsChunk(() => record(events), events[0]) as ReturnType<typeof record>;
    return log;
  };
  return store;
}

const isChunk = (event: SessionEvent | undefined) => event?.type === "chunk";

describe("a piece that the agent hands over", () => {
  test.each([
    ["at once", createMemoryStore()],
    ["with a promise", storeThat(async (record) => record())],
  ])("is recorded %s, in its order, and needs no yield", async (_how, store) => {
    const { agent, taken } = directAgent((runId) => [
      { content: "one" },
      { type: "retry", runId, attempt: 1, delayMs: 0, code: "MODEL_TIMEOUT" },
      { content: " two" },
    ]);
    await using gateway = await testGateway({ agent, store });
    const client = await gateway.connect();
    client.send({ type: "message", content: "hello" });
    await client.next("run_end");

    expect(taken).toEqual([true, false, true]);
    const types = client.types();
    expect(types.slice(types.indexOf("run_start"))).toEqual([
      ...["run_start", "chunk", "retry", "chunk", "assistant_message", "message_done", "run_end"],
    ]);
  });

  test("is checked as a yielded one is", async () => {
    const { agent, taken } = directAgent(() => [{ content: 1 as never }]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "hello" });

    expect(await client.next("run_error")).toMatchObject({ code: "AGENT_FAILED" });
    expect(taken).toEqual([false]);
    expect(gateway.failures).toEqual([expect.stringContaining("`content` must be a string, got 1")]);
  });

  test.each([
    ["throws", () => fails()],
    ["rejects", async () => fails()],
  ])("fails the run once if the store %s, and no later piece is taken", async (_how, fail) => {
    const { agent, taken } = directAgent(words);
    const store = storeThat((record, event) => (isChunk(event) ? fail() : record()));
    await using gateway = await testGateway({ agent, store });
    const client = await gateway.connect();
    client.send({ type: "message", content: "hello" });

    expect(await client.next("run_error")).toMatchObject({ code: "STORE_FAILED" });
    await client.next("run_end");
    expect(taken).toEqual([false]);
    expect(gateway.failures).toEqual([expect.stringContaining("the disk is full")]);
    expect(client.types()).not.toContain("chunk");
  });
});

function fails(): never {
  throw new Error("the disk is full");
}
