import type { SessionStore } from "@mini-openclaw/protocol";

/** A tool call with its result. */
export interface Call {
  tool: string;
  input: unknown;
  /** Absent while the call has no result. */
  output?: string;
}

/** Returns the tool calls of a session in their order, each with its own result. */
export async function callsOf(store: Pick<SessionStore, "loadMessages">, sessionId: string): Promise<Call[]> {
  const messages = await store.loadMessages(sessionId);
  const outputs = new Map<string, string>();
  for (const message of messages) if (message.role === "tool") outputs.set(message.callId, message.content);
  return messages
    .flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []))
    .map(({ callId, toolName, input }) => {
      const output = callId === undefined ? undefined : outputs.get(callId);
      return { tool: toolName, input, ...(output !== undefined && { output }) };
    });
}
