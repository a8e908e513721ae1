import type { AgentRunner, NumberedEvent } from "@mini-openclaw/protocol";
import { emptyView, fold, noUsage } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { echoAgent, gate, type TestClient, testGateway } from "./test-gateway.ts";

/** The events that a client was sent, since its `resync` if there was one. */
function events({ frames }: TestClient): NumberedEvent[] {
  const answer = frames.findIndex(({ type }) => type === "resync");
  return frames.slice(answer + 1).filter((frame) => "seq" in frame);
}

describe("resync", () => {
  test("during a turn is followed by the input that the model has written, in one piece", async () => {
    const [opened, open] = gate();
    const agent: AgentRunner = {
      async *run(input) {
        const { runId } = input;
        const call = { callId: "c", toolName: "bash" };
        yield { type: "run_start", runId, timestamp: 1 };
        for (const content of ['{"comm', 'and":', '"ls"}']) {
          yield { type: "tool_input", runId, messageId: "m", ...call, content };
        }
        await opened;
        const toolCalls = [{ ...call, input: { command: "ls" } }];
        yield { type: "assistant_message", runId, id: "m", content: "", timestamp: 1, toolCalls };
        yield { type: "message_done", runId, content: "" };
        yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
      },
    };
    await using gateway = await testGateway({ agent });
    const witness = await gateway.connect();
    witness.send({ type: "message", content: "list" });
    const last = await witness.next("tool_input", 3);

    const client = await gateway.connect();
    client.send({ type: "resume", sessionId: witness.sessionId });
    const resync = await client.next("resync");
    const joined = await client.next("tool_input");
    open();
    await client.next("run_end");

    const content = '{"command":"ls"}';
    expect(joined).toEqual({ ...last, content, firstSeq: (await witness.next("tool_input")).seq });
    const view = events(client).reduce(fold, fold(emptyView, resync));
    expect(view.items.at(-1)).toMatchObject({ key: "tool:m:c", input: { command: "ls" } });
  });

  test("has the active run and the messages that wait for it or for their own run", async () => {
    let go: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      go = resolve;
    });
    const agent: AgentRunner = {
      async *run(input) {
        const { runId } = input;
        yield { type: "run_start", runId, timestamp: 1 };
        yield { type: "chunk", runId, messageId: `${runId}-1`, content: "first turn" };
        // The turn ends when the messages wait: they are recorded before the place where a client
        // begins anew.
        await waiting;
        const first = { type: "assistant_message", runId, id: `${runId}-1`, timestamp: 1 } as const;
        yield { ...first, content: "first turn" };
        await released;
        yield* echoAgent.run(input);
      },
    };
    await using gateway = await testGateway({ agent });
    const witness = await gateway.connect();
    const { sessionId } = witness;
    const waiting = witness.next("message_queued", 2);
    witness.send({ type: "message", content: "one" });
    await witness.next("chunk");
    witness.send({ type: "message", id: "q2", content: "two" });
    witness.send({ type: "message", id: "q3", content: "three", mode: "steer" });
    const { runId } = await witness.next("assistant_message");
    witness.send({ type: "message", content: "four" });
    await witness.next("message_queued", 3);

    const client = await gateway.connect();
    client.send({ type: "resume", sessionId });
    const resync = await client.next("resync");
    go();
    await Promise.all([client.next("run_end", 3), witness.next("run_end", 3)]);

    expect(resync.runId).toBe(runId);
    const { runId: second } = await witness.next("message_queued");
    expect(resync.queued).toMatchObject([
      { type: "message_queued", runId: second, requestId: "q2", content: "two" },
      { type: "message_queued", runId, requestId: "q3", content: "three" },
    ]);
    expect(events(client)).toEqual(events(witness).filter(({ seq }) => seq > resync.upTo));
    const begun = fold(emptyView, resync);
    expect(begun.queued.map(({ content }) => content)).toEqual(["two", "three"]);
    expect(events(client).reduce(fold, begun)).toMatchObject({ queued: [], activeRuns: [] });
  });

  test("names a message that steers also while the agent has it and the transcript does not", async () => {
    const [released, go] = gate();
    const [steered, steer] = gate();
    const agent: AgentRunner = {
      async *run({ runId, takeSteering }) {
        yield { type: "run_start", runId, timestamp: 1 };
        yield { type: "assistant_message", runId, id: `${runId}-1`, content: "first turn", timestamp: 1 };
        await steered;
        const said = takeSteering?.() ?? [];
        yield { type: "assistant_message", runId, id: `${runId}-2`, content: "later turn", timestamp: 1 };
        await released;
        for (const { role: _, ...message } of said)
          yield { type: "user_message", runId, id: `${runId}-s`, ...message };
        yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
      },
    };
    await using gateway = await testGateway({ agent });
    const witness = await gateway.connect();
    const { sessionId } = witness;
    witness.send({ type: "message", content: "one" });
    const { runId } = await witness.next("assistant_message");
    witness.send({ type: "message", id: "q2", content: "two", mode: "steer" });
    await witness.next("message_queued");
    steer();
    await witness.next("assistant_message", 2);

    const client = await gateway.connect();
    client.send({ type: "resume", sessionId });
    const resync = await client.next("resync");
    go();
    await client.next("run_end");

    const begun = fold(emptyView, resync);
    const queued = [{ runId, requestId: "q2", content: "two" }];
    expect(begun).toMatchObject({ activeRuns: [runId], queued });
    expect(events(client).reduce(fold, begun)).toMatchObject({ queued: [], activeRuns: [] });
  });

  test("has neither for an idle session", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await client.next("run_end");

    client.send({ type: "resume", sessionId: client.sessionId });

    const resync = await client.next("resync");
    expect([resync.runId, resync.queued]).toEqual([undefined, undefined]);
  });
});
