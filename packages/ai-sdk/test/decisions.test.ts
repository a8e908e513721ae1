import type { AgentRunner } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { lastAssistantMessageIsCompleteWithApprovalResponses } from "ai";
import { describe, expect, test } from "vitest";
import { chatGateway, newest, textOf, until } from "./chat-gateway.ts";

const automatic = { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses };

/** An agent whose model uses one call id in two turns. Both calls ask. */
const sameIds: AgentRunner = {
  async *run({ runId, decision, signal }) {
    yield { type: "run_start", runId, timestamp: 1 };
    for (const toolName of ["first", "second"]) {
      const call = { callId: "c1", toolName, input: {} };
      yield { type: "assistant_message", runId, id: toolName, content: "", toolCalls: [call], timestamp: 1 };
      yield { type: "approval_request", runId, callId: "c1", toolName, reason: toolName };
      const decided = (await decision?.("c1", { signal }).catch(() => "deny" as const)) ?? "deny";
      yield { type: "approval_done", runId, callId: "c1", decision: decided };
      const isDenied = decided === "deny";
      if (!isDenied) yield { type: "tool_start", runId, ...call };
      const result = { id: `${toolName}-done`, callId: "c1", toolName, output: decided, isError: isDenied };
      yield { type: "tool_done", runId, ...result, ...(isDenied && { isDenied }), timestamp: 1 };
    }
    yield { type: "assistant_message", runId, id: "end", content: "Done.", timestamp: 1 };
    yield { type: "message_done", runId, content: "Done." };
    yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
  },
};

/** An agent with one call, which asks twice while it runs. Its result has both decisions. */
const asksTwice: AgentRunner = {
  async *run({ runId, signal, decision }) {
    const call = { callId: "c1", toolName: "boss", input: {} };
    yield { type: "run_start", runId, timestamp: 1 };
    yield { type: "assistant_message", runId, id: "a", content: "", toolCalls: [call], timestamp: 1 };
    yield { type: "tool_start", runId, ...call };
    const decisions: string[] = [];
    for (const reason of ["first", "second"]) {
      yield { type: "approval_request", runId, callId: "c1", toolName: "boss", reason };
      const decided = (await decision?.("c1", { signal }).catch(() => "deny" as const)) ?? "deny";
      decisions.push(decided);
      yield { type: "approval_done", runId, callId: "c1", decision: decided };
    }
    const result = { id: "t", callId: "c1", toolName: "boss", output: decisions.join(" "), isError: false };
    yield { type: "tool_done", runId, ...result, timestamp: 1 };
    yield { type: "message_done", runId, content: "" };
    yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
  },
};

type Chat = Awaited<ReturnType<typeof chatGateway>> extends { chat: () => infer One } ? One : never;

/** Returns the question that a chat shows. */
function asked(chat: Chat): { id: string } | undefined {
  const part = newest(chat)?.parts.find(
    (one) => one.type === "dynamic-tool" && one.state === "approval-requested",
  );
  return part?.type === "dynamic-tool" && part.state === "approval-requested" ? part.approval : undefined;
}

describe("decisions", () => {
  test.each([
    [true, true, ["output-available", "output-available"]],
    [false, true, ["output-denied", "output-available"]],
    [true, false, ["output-available", "output-denied"]],
  ])("%s and %s on two calls with one id are about one call each", async (one, two, states) => {
    await using gateway = await chatGateway(sameIds);
    const chat = gateway.chat(automatic);
    await chat.sendMessage({ text: "go" });

    for (const approved of [one, two]) {
      await until(chat, () => chat.status === "ready" && asked(chat) !== undefined);
      await chat.addToolApprovalResponse({ id: asked(chat)?.id ?? "", approved });
    }
    await until(chat, () => textOf(newest(chat)) === "Done." && chat.status === "ready");

    const tools = newest(chat)?.parts.filter(({ type }) => type === "dynamic-tool");
    expect(tools).toMatchObject(states.map((state) => ({ state })));
  });

  test("on what a call has asked before are not about what it asks now", async () => {
    await using gateway = await chatGateway(asksTwice);
    const [chat, late] = [gateway.chat(automatic), gateway.chat(automatic)];
    await chat.sendMessage({ text: "go" });
    await late.resumeStream();
    await chat.addToolApprovalResponse({ id: asked(chat)?.id ?? "", approved: true });
    await until(chat, () => chat.status === "ready" && JSON.stringify(newest(chat)).includes("second"));

    await late.addToolApprovalResponse({ id: asked(late)?.id ?? "", approved: true });
    await until(late, () => late.status === "ready" && JSON.stringify(newest(late)).includes("second"));
    await chat.addToolApprovalResponse({ id: asked(chat)?.id ?? "", approved: false });
    await until(chat, () => chat.status === "ready" && JSON.stringify(newest(chat)).includes("deny"));

    const [tool] = newest(chat)?.parts.filter(({ type }) => type === "dynamic-tool") ?? [];
    expect(tool).toMatchObject({ state: "output-available", output: "once deny" });
  });

  test.each([
    [{ approval: { id: "c1", approved: "yes" } }, '`approval.approved` must be true or false, got "yes".'],
    [{ approval: "yes" }, "`approval.approved` must be true or false, got nothing."],
    [{ approval: { approved: true } }, "`toolCallId` must be the id of a tool call, got nothing."],
  ])("of the form %j are refused", async (fields, message) => {
    await using gateway = await chatGateway(sameIds);
    const parts = [{ type: "dynamic-tool", state: "approval-responded", ...fields }];
    const messages = [{ id: "run", role: "assistant", parts }];

    const response = await fetch(gateway.api, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ id: "chat-1", messageId: "run", messages }),
    });

    expect(response.status).toBe(400);
    expect(await response.text()).toBe(`INVALID_FRAME: ${message}`);
  });
});
