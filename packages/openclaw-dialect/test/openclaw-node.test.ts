// With `openclaw-node` 0.14.0, unmodified.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import { OpenClawClient } from "openclaw-node";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { testGateway } from "./test-client.ts";

let folder = "";
const given = globalThis.WebSocket;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "openclaw-node-"));
  // The client takes the global class. Node 20 has none.
  Object.assign(globalThis, { WebSocket });
});
afterAll(() => {
  Object.assign(globalThis, { WebSocket: given });
  rmSync(folder, { recursive: true });
});

const clients: OpenClawClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.disconnect();
});

async function connectClient(url: string, token?: string): Promise<OpenClawClient> {
  const deviceIdentityPath = join(folder, "device.json");
  const client = new OpenClawClient({
    url,
    deviceIdentityPath,
    autoReconnect: false,
    ...(token && { token }),
  });
  client.on("error", () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

/** Returns the parts of an answer. */
async function collect(answer: AsyncIterable<{ type: string; text?: string }>): Promise<string[]> {
  const parts: string[] = [];
  for await (const { type, text = "" } of answer) parts.push(text === "" ? type : `${type} ${text}`);
  return parts;
}

describe("openclaw-node", () => {
  test("streams an answer with its tool calls", async () => {
    const agent = scriptedAgent([
      ["Wait.", { calls: "clock", output: "noon" }, { says: ["It is", " noon."] }],
    ]);
    await using gateway = await testGateway({ agent });
    const client = await connectClient(gateway.url);

    const parts = await collect(client.chat("What time is it?"));

    expect(parts).toEqual([
      "agent_start",
      "text Wait.",
      "tool_use clock",
      "tool_result clock: noon",
      "done",
      "text It is",
      "text  noon.",
      "agent_end",
      "done",
    ]);
  });

  test("gets a whole answer", async () => {
    await using gateway = await testGateway();
    const client = await connectClient(gateway.url);

    expect(await client.chatSync("hi")).toBe("You said: hi");
  });

  test("gets the error of a failed run once", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent([{ throws: new Error("no luck") }]) });
    const client = await connectClient(gateway.url);

    const parts = await collect(client.chat("hi"));

    expect(parts.filter((part) => part.startsWith("error"))).toEqual([
      expect.stringContaining("AGENT_FAILED"),
    ]);
    expect(parts.at(-1)).toBe("done");
  });

  test("gets two answers at once", async () => {
    await using gateway = await testGateway();
    const client = await connectClient(gateway.url);

    const answers = await Promise.all([
      client.chatSync("one", { sessionKey: "a" }),
      client.chatSync("two", { sessionKey: "b" }),
    ]);

    expect(answers).toEqual(["You said: one", "You said: two"]);
  });

  test("stops an answer", async () => {
    await using gateway = await testGateway({ agent: scriptedAgent([["So far.", { hangs: true }]]) });
    const client = await connectClient(gateway.url);
    const parts: string[] = [];

    for await (const { type } of client.chat("hi", { sessionKey: "a" })) {
      parts.push(type);
      if (type === "text") await client.chatAbort("a");
    }

    expect(parts).toContain("text");
    await expect.poll(() => gateway.gateway.health().runs).toBe(0);
  });

  test("lists, describes, reads, sends to and resets sessions", async () => {
    await using gateway = await testGateway();
    const client = await connectClient(gateway.url);
    await client.chatSync("hi", { sessionKey: "notes" });

    const list = await client.sessions.list();
    const history = await client.sessions.history("notes");
    const described = await client.sessions.describe("notes");
    const sent = await client.sessions.send("notes", "again");
    const reset = await client.sessions.reset("notes");
    const after = await client.sessions.history("notes");

    expect(list).toMatchObject({ sessions: [{ key: "agent:main:notes" }] });
    expect(history).toMatchObject({ messages: [{ role: "user" }, { role: "assistant" }] });
    expect(described).toMatchObject({ session: { displayName: "hi" } });
    expect(sent).toMatchObject({ status: "started", runId: expect.any(String) });
    expect(reset).toMatchObject({ ok: true });
    expect(after).toMatchObject({ messages: [] });
  });

  test("follows the runs of others in a session", async () => {
    await using gateway = await testGateway();
    const client = await connectClient(gateway.url);
    const other = await gateway.connect();
    const events: string[] = [];
    const { unsubscribe } = await client.sessions.subscribeMessages("notes", ({ event }) =>
      events.push(event),
    );

    await other.request("chat.send", { sessionKey: "notes", message: "hi", idempotencyKey: "1" });
    await expect.poll(() => events).toContain("chat");
    await unsubscribe();

    expect(events).toEqual(expect.arrayContaining(["session.message", "agent", "chat"]));
  });

  test("asks for health and agents", async () => {
    await using gateway = await testGateway();
    const client = await connectClient(gateway.url);

    expect(await client.health()).toMatchObject({ ok: true });
    expect(await client.agents.list()).toMatchObject({ defaultId: "main" });
    expect(client.hasMethod("chat.send")).toBe(true);
  });

  test("connects with a token, and is refused with a wrong one", async () => {
    const token = "0123456789abcdef0123456789abcdef";
    await using gateway = await testGateway({ listen: { token } });

    const client = await connectClient(gateway.url, token);

    expect(await client.chatSync("hi")).toBe("You said: hi");
    await expect(connectClient(gateway.url, "x".repeat(32))).rejects.toThrow("closed before handshake");
  });
});
