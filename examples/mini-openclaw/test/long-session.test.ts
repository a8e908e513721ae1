import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentRuntime, MemoryManager } from "@mini-openclaw/agent-runtime";
import { calls, createScriptedProvider, type ScriptStep, says } from "@mini-openclaw/agent-runtime/testing";
import { GatewayServer } from "@mini-openclaw/gateway";
import type { MessageEntry, ModelRequest } from "@mini-openclaw/protocol";
import { openSessionStore } from "@mini-openclaw/session-store";
import { afterEach, beforeEach, expect, test } from "vitest";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "long-session-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const ping = {
  name: "ping",
  description: "",
  parameters: {},
  execute: () => ({ success: true, output: "pong" }),
};

/** Keeps a fact, sums up, or calls a tool twice and answers, as it is asked. */
function nextStep({ messages }: ModelRequest): ScriptStep {
  const last = messages.at(-1);
  if (last?.content.startsWith("The conversation above is about to be replaced")) {
    return [calls("remember", { note: `Fact ${messages.length}` })];
  }
  if (last?.content.startsWith("Sum up the conversation above"))
    return [says(`Up to ${messages.at(-2)?.timestamp}.`)];
  if (last?.role === "tool") return [says("Done.")];
  return [calls("ping", { n: 1 }), calls("ping", { n: 2 })];
}

/** The whole server but for its sockets, on the same folders each time. */
async function start() {
  const store = await openSessionStore(join(directory, "sessions"));
  const provider = createScriptedProvider(nextStep);
  const memory = new MemoryManager({ workspaceDir: directory });
  const limits = { maxContextMessages: 12, compactAtShare: 0.8, maxToolCalls: 4, maxToolRounds: 2 };
  const agent = new AgentRuntime({ provider, memory, tools: [ping], ...limits });
  const gateway = new GatewayServer({ store, agent });
  const { sessionId } = await store.getOrCreateSession("long");
  return {
    gateway,
    sessionId,
    requests: provider.requests,
    memory,
    async say(content: string): Promise<string> {
      const { runId, ended } = await gateway.submit({ sessionId, content });
      expect(await ended).toMatchObject({ outcome: "completed", content: "Done." });
      return runId;
    },
    /** The summaries that the session keeps, oldest first. */
    async summaries(): Promise<MessageEntry[]> {
      const messages = await store.loadMessages(sessionId, { limit: 1000 });
      return messages.filter((message) => message.role === "system" && message.compaction);
    },
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await store.close();
    },
  };
}

/** Returns the summary at the beginning of a request, if it has one. */
function firstSummary(request: ModelRequest | undefined): string | undefined {
  const first = request?.messages[0];
  return first?.role === "system" ? first.content.split("\n").at(-1) : undefined;
}

test("summarizes a long session again and again, and always keeps the last summary", async () => {
  let summaryCount = 0;
  for (let day = 1; day <= 3; day += 1) {
    await using server = await start();
    for (let message = 1; message <= 12; message += 1) {
      await server.say(`day ${day}, message ${message}`);
      const summaries = await server.summaries();
      expect(firstSummary(server.requests.at(-1))).toBe(summaries.at(-1)?.content);
      summaryCount = summaries.length;
    }
    expect(await server.memory.readLongTerm()).toMatch(/^- Fact \d+\n/);
  }
  expect(summaryCount).toBeGreaterThan(8);
});

test("continues from the summary when a run that wrote one is retried", async () => {
  await using server = await start();
  let runId = "";
  while ((await server.summaries()).length === 0) runId = await server.say("hello");

  const { gateway, sessionId } = server;
  const { ended } = await gateway.retry({ sessionId, runId });
  expect(await ended).toMatchObject({ outcome: "completed" });

  const [summary, ...others] = await server.summaries();
  expect(others).toEqual([]);
  const asked = server.requests.at(-1)?.messages.map(({ role }) => role);
  expect(asked).toEqual(["system", "user", "assistant", "tool", "tool"]);
  expect(firstSummary(server.requests.at(-1))).toBe(summary?.content);
});
