import { GatewayServer } from "@mini-openclaw/gateway";
import { openClawDialect } from "@mini-openclaw/openclaw-dialect";
import type { AgentRunner, RunEvent } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";

export const TOKEN = "0123456789abcdef0123456789abcdef";

/** A gateway for clients of OpenClaw at `/openclaw`, with an agent that obeys its messages. */
export async function startGateway() {
  const store = createMemoryStore();
  const gateway = new GatewayServer({ store, agent: obedientAgent });
  const model = { provider: "test", id: "obedient", contextTokens: 1000 };
  const dialects = { "/openclaw": openClawDialect({ model }) };
  const { port } = await gateway.listen({ port: 0, token: TOKEN, dialects });
  return {
    gateway,
    store,
    url: `ws://127.0.0.1:${port}/openclaw`,
    async close() {
      await gateway.close({ drainMs: 0 });
      await store.close();
    },
  };
}

/** Fails, hangs, asks before a tool call, or repeats the message, as the message asks. */
const obedientAgent: AgentRunner = {
  async *run({ runId, messages, signal, decision }): AsyncGenerator<RunEvent> {
    const message = messages.at(-1)?.content ?? "";
    const now = () => ({ timestamp: Date.now() });
    yield { type: "run_start", runId, ...now() };
    if (message === "fail") throw new Error("no luck today");
    const messageId = `${runId}-1`;
    if (message === "hang") {
      yield { type: "chunk", runId, messageId, content: "Hanging around." };
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      const partial = { content: "Hanging around.", partial: "aborted", ...now() } as const;
      yield { type: "assistant_message", runId, id: messageId, ...partial };
      yield { type: "message_done", runId, content: "Hanging around." };
      return yield { type: "run_end", runId, outcome: "aborted", usage: noUsage, ...now() };
    }
    let answer = `You said: ${message}`;
    if (message === "list files") {
      const call = { callId: "c1", toolName: "bash", input: { command: "ls" } };
      yield { type: "assistant_message", runId, id: `${runId}-0`, content: "", toolCalls: [call], ...now() };
      const request = { callId: "c1", toolName: "bash", reason: "It wants to run ls." };
      yield { type: "approval_request", runId, ...request, ...now(), expiresAt: Date.now() + 300_000 };
      const decided = (await decision?.("c1", { signal })) ?? "deny";
      yield { type: "approval_done", runId, callId: "c1", decision: decided };
      yield { type: "tool_start", runId, ...call };
      const result = { output: "notes.txt", isError: false, ...now() };
      yield { type: "tool_done", runId, id: `${runId}-t`, callId: "c1", toolName: "bash", ...result };
      answer = `Allowed: ${decided}`;
    }
    for (const content of answer.split(/(?<= )/)) yield { type: "chunk", runId, messageId, content };
    yield { type: "assistant_message", runId, id: messageId, content: answer, ...now() };
    yield { type: "message_done", runId, content: answer };
    yield { type: "run_end", runId, outcome: "completed", usage: noUsage, ...now() };
  },
};
