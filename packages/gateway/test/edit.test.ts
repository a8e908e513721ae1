import { describe, expect, test } from "vitest";
import { scriptedAgent } from "../src/testing.ts";
import { heldAgent, type TestClient, testGateway } from "./test-gateway.ts";

/** Sends a message and returns its entry's id, when its run is over. */
async function say(client: TestClient, content: string, run: number): Promise<string> {
  client.send({ type: "message", content });
  await client.next("run_end", run);
  return (await client.next("user_message", run)).id;
}

describe("an edit", () => {
  test("continues from its message: the agent gets what was before it, and the new text", async () => {
    const agent = scriptedAgent(["A", "B", "C", "D"]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    await say(client, "a", 1);
    const messageId = await say(client, "b", 2);
    await say(client, "c", 3);

    client.send({ type: "edit", id: "e", sessionId: client.sessionId, messageId, content: "d" });
    await client.next("run_end", 4);

    expect(agent.inputs[3]?.messages.map(({ content }) => content)).toEqual(["a", "A", "d"]);
    expect(await client.next("user_message", 4)).toMatchObject({
      content: "d",
      editOf: messageId,
      requestId: "e",
    });
  });

  test("leaves pages without what it replaced, whatever their size, unless a client asks for that", async () => {
    const agent = scriptedAgent(["A", "B", { throws: new Error("no") }, "D", "E", "F"].map((step) => [step]));
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    const { sessionId } = client;
    await say(client, "a", 1);
    const messageId = await say(client, "b", 2);
    await say(client, "c", 3);
    client.send({ type: "edit", sessionId, messageId, content: "d" });
    await client.next("run_end", 4);
    client.send({ type: "message", content: "e" });
    await client.next("run_end", 5);

    let answers = 0;
    async function read(limit: number, replaced: boolean) {
      const read: string[] = [];
      const ends: string[] = [];
      for (let before: number | undefined; ; ) {
        const at = before === undefined ? {} : { before };
        client.send({ type: "history", sessionId, limit, replaced, ...at });
        answers += 1;
        const page = await client.next("history", answers);
        read.unshift(...page.messages.map(({ content }) => content));
        ends.unshift(...(page.runEnds ?? []).map(({ outcome }) => outcome));
        if (!page.hasMore) return [read, ends.filter((outcome) => outcome === "failed").length];
        before = page.messages[0]?.seq;
      }
    }

    for (let limit = 1; limit <= 9; limit += 1) {
      expect(await read(limit, false)).toEqual([["a", "A", "d", "D", "e", "E"], 0]);
      expect(await read(limit, true)).toEqual([["a", "A", "b", "B", "c", "d", "D", "e", "E"], 1]);
    }
    const other = await gateway.connect();
    other.send({ type: "resume", sessionId });
    const { messages } = await other.next("resync");
    expect(messages.map(({ content }) => content)).toEqual(["a", "A", "d", "D", "e", "E"]);
  });

  test("has the files that it comes with, and not those of the message that it replaces", async () => {
    const agent = scriptedAgent(["A", "B", "C"]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    const { sessionId } = client;
    const messageId = await say(client, "a", 1);
    const note = { type: "document" as const, mediaType: "text/plain", data: "YQ==" };

    client.send({ type: "edit", sessionId, messageId, content: "b", blocks: [note] });
    await client.next("run_end", 2);
    const { id } = await client.next("user_message", 2);
    client.send({ type: "edit", sessionId, messageId: id, content: "c" });
    await client.next("run_end", 3);

    expect(agent.inputs[1]?.messages).toMatchObject([
      { editOf: messageId, blocks: [{ type: "document" }, { type: "text", text: "b" }] },
    ]);
    expect(agent.inputs[2]?.messages[0]).not.toHaveProperty("blocks");
  });

  test("can be edited, retried, and followed by another message", async () => {
    const agent = scriptedAgent(["A", "B", "C", "D"]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    const { sessionId } = client;
    const first = await say(client, "a", 1);
    client.send({ type: "edit", sessionId, messageId: first, content: "b" });
    const { runId } = await client.next("run_end", 2);
    client.send({ type: "retry", sessionId, runId });
    await client.next("run_end", 3);
    client.send({ type: "message", content: "d" });
    await client.next("run_end", 4);

    expect(agent.inputs.map(({ messages }) => messages.map(({ content }) => content))).toEqual([
      ["a"],
      ["b"],
      ["b"],
      ["b", "C", "d"],
    ]);
  });

  test("runs once for its id, and conflicts with another text", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const messageId = await say(client, "a", 1);
    const edit = { type: "edit", id: "e", sessionId: client.sessionId, messageId, content: "b" } as const;
    client.send(edit);
    await client.next("run_end", 2);

    client.send(edit);
    client.send({ ...edit, content: "c" });
    client.send({ type: "message", id: "e", content: "b" });

    expect(await client.next("ack", 2)).toMatchObject({ repeated: true, runEnd: { outcome: "completed" } });
    expect(await client.next("error", 2)).toMatchObject({ code: "REQUEST_CONFLICT" });
  });

  test("runs once for its id after a restart too", async () => {
    await using first = await testGateway();
    const client = await first.connect();
    const messageId = await say(client, "a", 1);
    const edit = { type: "edit", id: "e", sessionId: client.sessionId, messageId, content: "b" } as const;
    client.send(edit);
    const { runId } = await client.next("run_end", 2);
    await first.gateway.close();

    await using second = await testGateway({ store: first.store });
    const again = await second.connect();
    again.send(edit);

    expect(await again.next("ack")).toMatchObject({ runId, repeated: true });
  });

  test("is refused while a run is active", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "a" });
    await started(1);
    const { id: messageId } = await client.next("user_message");

    client.send({ type: "edit", id: "e", sessionId: client.sessionId, messageId, content: "b" });
    const refused = await client.next("error");
    release();

    expect(refused).toMatchObject({ code: "SESSION_BUSY", replyTo: "e", retryable: true });
  });

  test("is refused for a message that is not in the conversation", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const { sessionId } = client;
    const messageId = await say(client, "a", 1);
    const { id: answer } = await client.next("assistant_message");
    client.send({ type: "edit", sessionId, messageId, content: "b" });
    await client.next("run_end", 2);

    for (const id of ["nobody", answer, messageId])
      client.send({ type: "edit", sessionId, messageId: id, content: "c" });
    const errors = [await client.next("error"), await client.next("error", 2), await client.next("error", 3)];

    expect(errors.map(({ code }) => code)).toEqual(Array(3).fill("MESSAGE_NOT_FOUND"));
    expect(client.types().filter((type) => type === "user_message")).toHaveLength(2);
  });

  test("finds a message that is far back, behind many that were replaced", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const { sessionId } = client;
    const first = await say(client, "a", 1);
    const second = await say(client, "b", 2);
    const filler = Array.from({ length: 450 }, (_, index) => ({
      role: "user" as const,
      content: `filler ${index}`,
      timestamp: 1,
    }));
    await gateway.gateway.close();
    await gateway.store.appendMessages(sessionId, filler);
    await using later = await testGateway({ store: gateway.store });
    const again = await later.connect();
    again.send({ type: "edit", id: "1", sessionId, messageId: second, content: "c" });
    await again.next("run_end");

    again.send({ type: "edit", id: "2", sessionId, messageId: first, content: "d" });

    expect(await again.next("ack", 2)).toMatchObject({ replyTo: "2" });
  });

  test("over HTTP answers with its run", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const messageId = await say(client, "a", 1);

    const response = await gateway.get(`/sessions/current/edit`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": "k" },
      body: JSON.stringify({ messageId, content: "b" }),
    });
    const { runId } = await client.next("run_end", 2);

    expect([response.status, await response.json()]).toEqual([
      202,
      { sessionId: client.sessionId, runId, position: 0, replyTo: "k" },
    ]);
  });
});
