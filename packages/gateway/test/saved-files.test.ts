import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { scriptedAgent } from "../src/testing.ts";
import { testGateway } from "./test-gateway.ts";

const head = Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1");
const bytes = Buffer.concat([head, Buffer.alloc(20_000, 1)]);
const data = bytes.toString("base64");
const blob = createHash("sha256").update(bytes).digest("hex");
const fields = { type: "image" as const, mediaType: "image/png", name: "cat.png" };
const sent = { ...fields, data };
const saved = { ...fields, blob };

/** A gateway with a client whose session has a file of 20 kB. */
async function gatewayWithFile(options: Parameters<typeof testGateway>[0] = {}) {
  const agent = scriptedAgent(["A", "B", "C"]);
  const gateway = await testGateway({ agent, ...options });
  const client = await gateway.connect();
  client.send({ type: "message", id: "m1", content: "a", blocks: [sent] });
  await client.next("run_end");
  const { id: messageId } = await client.next("user_message");
  return {
    agent,
    gateway,
    client,
    messageId,
    sessionId: client.sessionId,
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

describe("a file that the session has already", () => {
  test("goes to the agent from a message, an edit, a request and a submission", async () => {
    await using held = await gatewayWithFile({ agent: scriptedAgent(["A", "B", "C", "D", "E"]) });
    const { client, gateway, messageId, sessionId } = held;

    client.send({ type: "message", content: "b", blocks: [saved] });
    await client.next("run_end", 2);
    client.send({ type: "edit", sessionId, messageId, content: "c", blocks: [saved] });
    await client.next("run_end", 3);
    const body = JSON.stringify({ content: "d", blocks: [saved] });
    const headers = { "content-type": "application/json" };
    const answer = await gateway.get(`/sessions/${sessionId}/messages`, { method: "POST", body, headers });
    const { ended } = await gateway.gateway.submit({ sessionId, content: "e", blocks: [saved] });
    await ended;

    expect(answer.status).toBe(200);
    const messages = [1, 2, 3, 4, 5].map((count) => client.next("user_message", count));
    for (const [index, message] of (await Promise.all(messages)).entries()) {
      const text = "abcde".charAt(index);
      expect(message.content).toBe(`${text}\n[image: cat.png, 20 kB]`);
      expect(message.blocks).toEqual([
        { ...saved, bytes: bytes.length },
        { type: "text", text },
      ]);
    }
  });

  test("is the same file as its bytes under one request id", async () => {
    await using held = await gatewayWithFile();
    const { client } = held;

    client.send({ type: "message", id: "m1", content: "a", blocks: [saved] });

    expect(await client.next("ack", 2)).toMatchObject({ repeated: true });
  });

  test.each([
    ["unknown", { ...fields, blob: "0".repeat(64) }, "`blocks[1].blob` must be the id of a file"],
    ["a path", { ...fields, blob: "../../etc/passwd" }, "`blocks[1].blob` must be the id of a file"],
    ["of another type", { ...saved, mediaType: "image/gif" }, "`blocks[1].data` must be the bytes of a file"],
  ])("is refused if it is %s, and costs nothing", async (_case, block, problem) => {
    await using held = await gatewayWithFile();
    const { client } = held;

    client.send({ type: "message", id: "m2", content: "b", blocks: [saved, block] });
    const error = await client.next("error");
    client.send({ type: "message", id: "m3", content: "c" });
    await client.next("ack", 2);

    expect(error).toMatchObject({ code: "INVALID_FRAME", replyTo: "m2" });
    expect(error.message).toContain(problem);
  });

  test("is refused for a caller that may send to the session and not read it", async () => {
    let mayResume = true;
    const authorize = ({ action }: { action: string }) => mayResume || action !== "resume";
    await using held = await gatewayWithFile({ authorize });
    const { client, sessionId, messageId } = held;
    mayResume = false;

    client.send({ type: "message", sessionId, content: "b", blocks: [saved] });
    client.send({ type: "edit", sessionId, messageId, content: "b", blocks: [saved] });

    expect((await client.next("error")).code).toBe("FORBIDDEN");
    expect((await client.next("error", 2)).code).toBe("FORBIDDEN");
  });
});
