import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, openSessionStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { scriptedAgent } from "../src/testing.ts";
import { heldAgent, testGateway } from "./test-gateway.ts";

const answer = { role: "assistant", content: "Deployed." } as const;

describe("an answer that the app adds", () => {
  test("is a run of its own without the agent, and a part of the conversation", async () => {
    const agent = scriptedAgent(["One.", "Two."]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    const { sessionId } = client;
    await (await gateway.gateway.submit({ sessionId, content: "one" })).ended;

    const { runId, ended } = await gateway.gateway.submit({ sessionId, ...answer, requestId: "a1" });

    expect(await ended).toMatchObject({ outcome: "completed", content: "Deployed." });
    await client.next("run_end", 2);
    const events = client.frames.filter((frame) => "runId" in frame && frame.runId === runId);
    expect(events).toMatchObject([
      { type: "run_start" },
      { type: "assistant_message", content: "Deployed.", requestId: "a1" },
      { type: "message_done", content: "Deployed." },
      { type: "run_end", outcome: "completed" },
    ]);
    await (await gateway.gateway.submit({ sessionId, content: "two" })).ended;
    expect(agent.inputs.map(({ messages }) => messages.map(({ content }) => content))).toEqual([
      ["one"],
      ["one", "One.", "Deployed.", "two"],
    ]);
  });

  test("is added once for its request id, also after a restart", async () => {
    const folder = await mkdtemp(join(tmpdir(), "answer-"));
    const submitted: string[] = [];
    for (let starts = 0; starts < 2; starts += 1) {
      const store = await openSessionStore(folder);
      await using gateway = await testGateway({ store, agent: scriptedAgent([]) });
      for (let times = 0; times < 2; times += 1) {
        const { runId, ended } = await gateway.gateway.submit({ key: "k", ...answer, requestId: "a1" });
        submitted.push(runId);
        expect(await ended).toMatchObject({ outcome: "completed", content: "Deployed." });
      }
      const other = { key: "k", ...answer, content: "Other.", requestId: "a1" };
      await expect(gateway.gateway.submit(other)).rejects.toThrow("another message of this session has it");
      await store.close();
    }
    await rm(folder, { recursive: true });

    expect(new Set(submitted).size).toBe(1);
  });

  test("waits for the active run, whatever its mode, and for the messages before it", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const { sessionId } = await gateway.gateway.submit({ key: "k", content: "one" });
    await started(1);
    await gateway.gateway.submit({ sessionId, content: "two" });

    const added = gateway.gateway.submit({ sessionId, ...answer, mode: "steer" });
    await gateway.gateway.submit({ sessionId, content: "three" });
    const before = await gateway.store.loadMessages(sessionId);
    release();
    await started(2);
    release();
    expect(await (await added).ended).toMatchObject({ outcome: "completed", content: "Deployed." });
    await started(3);

    expect(before.some(({ content }) => content === "Deployed.")).toBe(false);
    const contents = (await gateway.store.loadMessages(sessionId)).map(({ content }) => content);
    expect(contents.indexOf("Deployed.")).toBeGreaterThan(contents.indexOf("two"));
    expect(contents.indexOf("Deployed.")).toBeLessThan(contents.indexOf("three"));
    release();
  });

  test("is refused where too many messages wait, and counts as one of them", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent, limits: { maxQueuedMessages: 1 } });
    const { sessionId } = await gateway.gateway.submit({ key: "k", content: "one" });
    await started(1);
    const added = gateway.gateway.submit({ sessionId, ...answer });

    await expect(gateway.gateway.submit({ sessionId, ...answer })).rejects.toMatchObject({
      code: "QUEUE_FULL",
    });
    await expect(gateway.gateway.submit({ sessionId, content: "two" })).rejects.toMatchObject({
      code: "QUEUE_FULL",
    });
    release();
    expect(await (await added).ended).toMatchObject({ outcome: "completed" });
  });

  test("cannot be answered again", async () => {
    await using gateway = await testGateway();
    const { sessionId, runId, ended } = await gateway.gateway.submit({ key: "k", ...answer });
    await ended;

    const retried = gateway.gateway.retry({ sessionId, runId });

    await expect(retried).rejects.toThrow("no agent wrote it");
    const messages = await gateway.store.loadMessages(sessionId);
    expect(messages).toMatchObject([{ content: "Deployed." }]);
  });

  test.each([
    [{ role: "user" as never }, '`role` must be "assistant" or absent, got "user".'],
    [{ blocks: [{ type: "text", text: "x" } as const] }, "`blocks` must be absent from an answer."],
  ])("is refused with %j", async (fields, message) => {
    await using gateway = await testGateway();

    await expect(gateway.gateway.submit({ key: "k", ...answer, ...fields })).rejects.toThrow(message);
  });
});

test("a client of the native protocol cannot add an answer", async () => {
  const store = createMemoryStore();
  await using gateway = await testGateway({ store });
  const client = await gateway.connect();
  const { sessionId } = client;

  client.send({ type: "answer", id: "a1", sessionId, content: "Deployed." } as never);
  client.send({ type: "message", id: "m1", sessionId, content: "Deployed.", role: "assistant" } as never);
  await client.next("run_end");

  expect(await client.next("error")).toMatchObject({ code: "UNKNOWN_TYPE", replyTo: "a1" });
  expect((await store.loadMessages(sessionId)).map(({ role }) => role)).toEqual(["user", "assistant"]);
});
