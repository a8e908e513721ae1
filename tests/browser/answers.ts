import type { ClientEvent } from "@mini-openclaw/protocol";
import type { Answer } from "./test-gateway.ts";

const timestamp = 1;

const call = { callId: "c1", toolName: "bash", input: { command: "ls -la" } };

/** Answers with a text, a tool call, and another text. */
export const usesATool: Answer = (_, { show }) => {
  show({ type: "chunk", messageId: "a1", content: "Let me **look**." });
  show({ type: "assistant_message", id: "a1", content: "Let me **look**.", toolCalls: [call], timestamp });
  show({ type: "tool_start", ...call });
  show({
    type: "tool_done",
    id: "t1",
    callId: "c1",
    toolName: "bash",
    output: "a.txt",
    isError: false,
    timestamp,
  });
  show({ type: "chunk", messageId: "a2", content: "One file" });
  show({ type: "chunk", messageId: "a2", content: ": `a.txt`" });
  show({ type: "assistant_message", id: "a2", content: "One file: `a.txt`", timestamp });
};

/** Answers every message with the same text. */
export function says(content: string): Answer {
  return (_, { show }) => {
    show({ type: "chunk", messageId: "a1", content });
    show({ type: "assistant_message", id: "a1", content, timestamp });
  };
}

/** The messages among what a gateway received. */
export function messagesOf(received: readonly ClientEvent[]): string[] {
  return received.flatMap((event) => (event.type === "message" ? [event.content] : []));
}
