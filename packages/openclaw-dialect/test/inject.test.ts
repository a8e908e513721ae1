import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import { describe, expect, test } from "vitest";
import { testGateway } from "./test-client.ts";

const send = { sessionKey: "main", message: "hi", idempotencyKey: "run-1" };
const inject = { sessionKey: "main", message: "Deployed." };

describe("chat.inject", () => {
  test("adds an answer that no agent wrote, for all clients and the next run", async () => {
    const agent = scriptedAgent(["One.", "Two."]);
    await using gateway = await testGateway({ agent });
    const [client, other] = [await gateway.connect(), await gateway.connect()];
    await client.request("chat.send", send);
    await client.event("chat", { state: "final" });
    await other.request("chat.history", { sessionKey: "main" });

    const answer = await client.request("chat.inject", { ...inject, label: "CI" });
    const shown = await other.event("chat", { state: "final" });
    const { messages } = await client.request("chat.history", { sessionKey: "main" });
    await client.request("chat.send", { ...send, idempotencyKey: "run-2" });
    await client.event("chat", { state: "final", runId: "run-2" });

    const content = [{ type: "text", text: "[CI]\n\nDeployed." }];
    expect(shown.message.content).toEqual(content);
    expect(messages.at(-1)).toMatchObject({ role: "assistant", content });
    expect(answer).toEqual({ ok: true, messageId: messages.at(-1)?.__openclaw.id });
    expect(agent.inputs).toHaveLength(2);
    expect(agent.inputs[1]?.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "assistant",
      "user",
    ]);
  });

  test("waits for the active run, and holds up no other request", async () => {
    const agent = scriptedAgent([["So far.", { hangs: true }]]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    await client.event("chat", { state: "delta" });

    const injected = client.request("chat.inject", inject);
    const { messages: before } = await client.request("chat.history", { sessionKey: "main" });
    await client.request("chat.abort", { sessionKey: "main" });
    await client.event("chat", { state: "aborted" });
    const answer = await injected;
    const { messages } = await client.request("chat.history", { sessionKey: "main" });

    expect(before).toHaveLength(1);
    expect(messages).toHaveLength(3);
    expect(messages[2]).toMatchObject({ content: [{ type: "text", text: "Deployed." }] });
    expect(answer).toEqual({ ok: true, messageId: messages[2]?.__openclaw.id });
  });

  test("that waits is added before its session is reset", async () => {
    const agent = scriptedAgent([["So far.", { hangs: true }]]);
    await using gateway = await testGateway({ agent });
    const [client, other] = [await gateway.connect(), await gateway.connect()];
    await client.request("chat.send", send);
    await client.event("chat", { state: "delta" });

    const injected = client.request("chat.inject", inject);
    await client.request("chat.history", { sessionKey: "main" });
    await other.request("sessions.reset", { key: "main" });

    expect(await injected).toMatchObject({ ok: true });
  });

  test.each([
    [inject, "session not found"],
    [{ ...inject, message: "" }, "`message` must be a text that is not empty"],
    [{ ...inject, label: "x".repeat(101) }, "`label` must be a text of 1 to 100 characters"],
    [{ message: "x" }, "`sessionKey` must be a text of 1 to 512 characters"],
  ])("refuses %j in a session without messages", async (params, message) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    const refused = await client.refused("chat.inject", params);

    expect(refused.code).toBe("INVALID_REQUEST");
    expect(refused.message).toContain(message);
  });

  test("asks the app's `authorize` for `answer`", async () => {
    const actions = new Set<string>();
    const authorize = ({ action }: { action: string }) => {
      actions.add(action);
      return action !== "answer";
    };
    await using gateway = await testGateway({ authorize });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    await client.event("chat", { state: "final" });

    const refused = await client.refused("chat.inject", inject);

    expect(refused.code).toBe("FORBIDDEN");
    expect(actions).toContain("answer");
  });
});
