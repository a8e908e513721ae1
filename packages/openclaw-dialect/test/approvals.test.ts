import type { AgentRunner, ApprovalDecision } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { checkSchema } from "./openclaw-schema.ts";
import { testGateway } from "./test-client.ts";

const KEY = "agent:main:main";
const send = { sessionKey: KEY, message: "hi", idempotencyKey: "run-1" };

/** An agent that asks before its tool call, and keeps the decisions. */
function askingAgent(request: { reason?: string; toolName?: string; expiresAt?: number } = {}) {
  const decisions: ApprovalDecision[] = [];
  const { toolName = "bash", reason = "ls", ...times } = request;
  const agent: AgentRunner = {
    async *run(input) {
      const { runId, signal } = input;
      const call = { callId: "c1", toolName, input: { command: "ls" } };
      yield { type: "run_start", runId, timestamp: 1 };
      yield { type: "assistant_message", runId, id: "m1", content: "", timestamp: 2, toolCalls: [call] };
      yield { type: "approval_request", runId, callId: "c1", toolName, reason, timestamp: 3, ...times };
      const decision = await input.decision?.("c1", { signal }).catch(() => undefined);
      if (!decision) return;
      decisions.push(decision);
      yield { type: "approval_done", runId, callId: "c1", decision };
      const result = { output: decision, isError: false, timestamp: 4 };
      yield { type: "tool_done", runId, id: "t1", callId: "c1", toolName, ...result };
      yield { type: "message_done", runId, content: "" };
      yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 5 };
    },
  };
  return { agent, decisions };
}

describe("an approval", () => {
  test.each([
    ["allow-once", "once"],
    ["allow-always", "session"],
    ["deny", "deny"],
  ])("is requested, and decided with %s", async (decision, ours) => {
    const { agent, decisions } = askingAgent({ expiresAt: 1003 });
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    await client.request("chat.send", send);

    const { id, ...request } = await client.event("plugin.approval.requested");
    const answer = await client.request("plugin.approval.resolve", { id, decision });
    await client.event("chat", { state: "final" });

    expect(request).toEqual({
      createdAtMs: 3,
      expiresAtMs: 1003,
      request: {
        title: "bash",
        description: "ls",
        toolName: "bash",
        severity: "warning",
        allowedDecisions: ["allow-once", "allow-always", "deny"],
        agentId: "main",
        sessionKey: KEY,
      },
    });
    expect(answer).toEqual({ ok: true, id, decision });
    expect(await client.event("plugin.approval.resolved")).toMatchObject({ id, decision });
    expect(decisions).toEqual([ours]);
  });

  test("has texts that fit into OpenClaw's limits, and an end without one of the agent", async () => {
    const { agent } = askingAgent({ toolName: "t".repeat(100), reason: "r".repeat(600) });
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    await client.request("chat.send", send);

    const { request, expiresAtMs } = await client.event("plugin.approval.requested");

    const { title, description, severity, toolName, allowedDecisions, agentId, sessionKey } = request;
    checkSchema("PluginApprovalRequestParams", {
      title,
      description,
      severity,
      toolName,
      allowedDecisions,
      agentId,
      sessionKey,
    });
    expect([title.length, description.length, expiresAtMs]).toEqual([80, 512, 300_003]);
  });

  test("is listed while it waits, for a client that comes later", async () => {
    await using gateway = await testGateway({ agent: askingAgent().agent });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    const requested = await client.event("plugin.approval.requested");
    const later = await gateway.connect();

    const waiting = await later.request("plugin.approval.list", {});
    await later.request("plugin.approval.resolve", { id: requested.id, decision: "deny" });
    await client.event("chat", { state: "final" });

    expect(waiting).toEqual([requested]);
    expect(await later.request("plugin.approval.list", {})).toEqual([]);
  });

  test("is not given by a late decision on a call of an earlier run with the same id", async () => {
    const { agent, decisions } = askingAgent();
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    const first = await client.event("plugin.approval.requested");
    await client.request("chat.abort", { sessionKey: KEY });
    await client.event("chat", { state: "aborted" });
    await client.request("chat.send", { ...send, idempotencyKey: "second" });
    const { id } = await client.event("plugin.approval.requested", {}, 2);

    const late = await client.refused("plugin.approval.resolve", { id: first.id, decision: "allow-once" });
    await client.request("plugin.approval.resolve", { id, decision: "deny" });
    await client.event("chat", { state: "final" });

    expect(late.message).toContain("expired");
    expect(id).not.toBe(first.id);
    expect(decisions).toEqual(["deny"]);
  });

  test("reaches a client that subscribed to all sessions", async () => {
    await using gateway = await testGateway({ agent: askingAgent().agent });
    const viewer = await gateway.connect();
    await viewer.request("sessions.subscribe", {});
    const client = await gateway.connect();

    await client.request("chat.send", { ...send, sessionKey: "other" });

    expect(await viewer.event("plugin.approval.requested")).toMatchObject({
      request: { sessionKey: "agent:main:other" },
    });
  });

  test("ends with its run", async () => {
    await using gateway = await testGateway({ agent: askingAgent().agent });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    const { id } = await client.event("plugin.approval.requested");

    await client.request("chat.abort", { sessionKey: KEY });

    expect(await client.event("plugin.approval.resolved")).toMatchObject({ id, decision: "deny" });
    expect(await client.refused("plugin.approval.resolve", { id, decision: "allow-once" })).toMatchObject({
      code: "APPROVAL_NOT_FOUND",
    });
  });

  test.each(["none", "no-session:c1", ":c1", "c1:"])("is not found by the id %s", async (id) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    const error = await client.refused("plugin.approval.resolve", { id, decision: "deny" });

    expect(error).toMatchObject({ code: "APPROVAL_NOT_FOUND", details: { reason: "APPROVAL_NOT_FOUND" } });
  });

  test("of another caller cannot be decided or listed", async () => {
    const { agent, decisions } = askingAgent();
    await using gateway = await testGateway({
      agent,
      authenticate: (_request, token) => ({ id: token ?? "" }),
    });
    const alice = await gateway.connect({ auth: { token: "alice" } });
    const bob = await gateway.connect({ auth: { token: "bob" } });
    await alice.request("chat.send", send);
    const { id } = await alice.event("plugin.approval.requested");

    const error = await bob.refused("plugin.approval.resolve", { id, decision: "allow-once" });

    expect(error).toMatchObject({ code: "APPROVAL_NOT_FOUND" });
    expect(await bob.request("plugin.approval.list", {})).toEqual([]);
    expect(decisions).toEqual([]);
  });

  test("refuses a decision that is none", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    const error = await client.refused("plugin.approval.resolve", { id: "a:b", decision: "yes" });

    expect(error.message).toBe(
      'invalid plugin.approval.resolve params: `decision` must be "allow-once", "allow-always" or "deny", got "yes".',
    );
  });
});
