import type { Message, ModelRequest } from "@mini-openclaw/protocol";

/**
 * The messages of a request with the volatile part of its prompt among them, as a system message behind the question of
 * the run. There it stays through all turns of the run, and what comes before it never changes: a model server's cache
 * holds for it.
 */
export function placeVolatile({ messages, system }: ModelRequest): readonly Message[] {
  if (system.volatile === "") return messages;
  const answered = messages.findLastIndex(isAnswer);
  const question = messages.findIndex(({ role }, place) => place > answered && role === "user");
  if (question === -1) return messages;
  const volatile: Message = { role: "system", content: system.volatile, timestamp: 0 };
  return [...messages.slice(0, question + 1), volatile, ...messages.slice(question + 1)];
}

/** An assistant message without tool calls, and not one that goes on: the end of a run. */
function isAnswer(message: Message): boolean {
  if (message.role !== "assistant" || message.stopReason === "pause_turn") return false;
  return (message.toolCalls ?? []).length === 0;
}
