import type { Message, ModelRequest } from "@mini-openclaw/protocol";

/**
 * Returns the messages of a request with the volatile part of its prompt among them, as a system
 * message behind the question of the run. There the volatile part stays through all turns of the
 * run, and what comes before it never changes: a model server's cache holds for it.
 */
export function placeVolatile({ messages, system }: ModelRequest): readonly Message[] {
  if (system.volatile === "") return messages;
  const question = questionIndex(messages);
  if (question === -1) return messages;
  const volatile: Message = { role: "system", content: system.volatile, timestamp: 0 };
  return [...messages.slice(0, question + 1), volatile, ...messages.slice(question + 1)];
}

function questionIndex(messages: readonly Message[]): number {
  const answered = messages.findLastIndex(isAnswer);
  return messages.findIndex(({ role }, index) => index > answered && role === "user");
}

/** Returns true for an assistant message that ends a run: it has no calls, and is not paused. */
function isAnswer(message: Message): boolean {
  if (message.role !== "assistant" || message.stopReason === "pause_turn") return false;
  return (message.toolCalls ?? []).length === 0;
}

/** Returns the messages whose thinking may go back although it is bound to its conversation. */
export function withFreshThinking({ messages, thinkingFrom = 0 }: ModelRequest): ReadonlySet<Message> {
  return new Set(messages.slice(thinkingFrom));
}
