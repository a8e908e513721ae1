import type { MessageMetadata, UserPart } from "./ui-message.ts";

/** The reason why a message ended, in the words of the AI SDK. */
export type FinishReason =
  | "stop"
  | "length"
  | "content-filter"
  | "tool-calls"
  | "error"
  | "interrupted"
  | "other";

interface ToolChunk {
  toolCallId: string;
  dynamic: true;
  /** Keeps clients from running the tool themselves. */
  providerExecuted: true;
}

/** A piece of an assistant's message, as clients of the AI SDK 7 read it. */
export type UiChunk =
  | { type: "start"; messageId: string; messageMetadata?: MessageMetadata }
  | { type: "start-step" | "finish-step" | "reset-step" }
  | { type: "finish"; finishReason: FinishReason; messageMetadata: MessageMetadata }
  | { type: "text-start" | "text-end" | "reasoning-start" | "reasoning-end"; id: string }
  | { type: "text-delta" | "reasoning-delta"; id: string; delta: string }
  | { type: "file"; mediaType: string; url: string }
  | ({ type: "tool-input-start"; toolName: string } & ToolChunk)
  | { type: "tool-input-delta"; toolCallId: string; inputTextDelta: string }
  | ({ type: "tool-input-available"; toolName: string; input: unknown } & ToolChunk)
  | { type: "tool-approval-request"; approvalId: string; toolCallId: string; reason?: string }
  | { type: "tool-approval-response"; approvalId: string; approved: boolean; reason?: string }
  | ({ type: "tool-output-available"; output: string; preliminary?: true } & ToolChunk)
  | ({ type: "tool-output-error"; errorText: string } & ToolChunk)
  | { type: "tool-output-denied"; toolCallId: string }
  | { type: "steering-message"; id: string; parts: UserPart[] }
  | { type: "data-compaction"; id: string; data: { content: string } }
  | { type: "data-queued"; data: { content: string }; transient: true }
  | { type: "data-retry"; data: { attempt: number; delayMs: number; code: string }; transient: true }
  | { type: "error"; errorText: string };
