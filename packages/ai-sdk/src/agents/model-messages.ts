import { fileBytes, filesOf, type Message, textOf } from "@mini-openclaw/protocol";

/** A message in the form of the AI SDK's `ModelMessage`. */
export type AiSdkMessage =
  | { role: "user"; content: (TextContent | FileContent)[] }
  | { role: "assistant"; content: (TextContent | FileContent | ToolCallContent)[] }
  | { role: "tool"; content: (ToolResultContent | ApprovalContent)[] };

interface TextContent {
  type: "text";
  text: string;
}

interface FileContent {
  type: "file";
  mediaType: string;
  data: string;
}

interface ToolCallContent {
  type: "tool-call";
  toolCallId: string;
  toolName: string;
  input: Record<string, unknown>;
}

interface ToolResultContent {
  type: "tool-result";
  toolCallId: string;
  toolName: string;
  output: { type: "text" | "error-text"; value: string };
}

interface ApprovalContent {
  type: "tool-approval-response";
  approvalId: string;
  approved: boolean;
}

/** Returns the messages of a session for a model of the AI SDK. */
export function toModelMessages(messages: readonly Message[]): AiSdkMessage[] {
  return withPairedCalls(messages).flatMap((message): AiSdkMessage[] => {
    switch (message.role) {
      case "user":
        return [{ role: "user", content: toContent(message) }];
      case "system":
        return [{ role: "user", content: [{ type: "text", text: message.content }] }];
      case "assistant": {
        const calls = (message.toolCalls ?? []).map(({ callId = "", toolName, input }): ToolCallContent => {
          return { type: "tool-call", toolCallId: callId, toolName, input };
        });
        return [{ role: "assistant", content: [...toContent(message), ...calls] }];
      }
      case "tool": {
        const { callId: toolCallId, toolName, content: value, isError } = message;
        const output = { type: isError ? "error-text" : "text", value } as const;
        return [{ role: "tool", content: [{ type: "tool-result", toolCallId, toolName, output }] }];
      }
    }
  });
}

/**
 * Returns the messages without calls that have no result, results that have no call, and answers
 * that are empty then. The servers of models refuse them.
 */
export function withPairedCalls(messages: readonly Message[]): Message[] {
  const results = new Set(messages.flatMap((message) => (message.role === "tool" ? message.callId : [])));
  const called = new Set<string>();
  return messages.flatMap((message): Message[] => {
    if (message.role === "tool") return called.has(message.callId) ? [message] : [];
    if (message.role !== "assistant") return [message];
    const { toolCalls: _, ...answer } = message;
    const toolCalls = (message.toolCalls ?? []).filter(
      ({ callId }) => callId !== undefined && results.has(callId),
    );
    for (const { callId = "" } of toolCalls) called.add(callId);
    if (toolCalls.length > 0) return [{ ...answer, toolCalls }];
    return message.content === "" ? [] : [answer];
  });
}

/** Files without their bytes are described in the text. */
function toContent(message: Extract<Message, { role: "user" | "assistant" }>) {
  const files = (filesOf(message) ?? []).filter((file) => file.data !== undefined && fileBytes(file) > 0);
  const text = files.length > 0 ? textOf(message) : message.content;
  const isNeeded = text !== "" || (message.role === "user" && files.length === 0);
  return [
    ...(isNeeded ? [{ type: "text" as const, text }] : []),
    ...files.map(({ mediaType, data = "" }) => ({ type: "file" as const, mediaType, data })),
  ];
}
