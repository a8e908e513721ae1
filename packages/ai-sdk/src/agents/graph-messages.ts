import type { Message, Usage } from "@mini-openclaw/protocol";
import { isRecord } from "@mini-openclaw/protocol/shared";
import { toText } from "./run-writer.ts";

/** A message of LangChain, with the fields that a run needs. */
export interface GraphMessage {
  type: string;
  id?: string;
  content: unknown;
  contentBlocks?: unknown;
  name?: string;
  tool_calls?: { id?: string; name: string; args: unknown }[];
  tool_call_chunks?: { id?: string; name?: string; args?: string; index?: number }[];
  tool_call_id?: string;
  status?: string;
  usage_metadata?: GraphUsage;
}

interface GraphUsage {
  input_tokens?: number;
  output_tokens?: number;
  input_token_details?: { cache_read?: number; cache_creation?: number };
}

/** Returns true for a message of LangChain. */
export function isGraphMessage(value: unknown): value is GraphMessage {
  return typeof value === "object" && value !== null && "type" in value && "content" in value;
}

/** Returns a message by role, which a node may add too, in the form of a message of LangChain. */
export function toTyped(message: unknown): unknown {
  if (!isRecord(message) || "type" in message) return message;
  return { ...message, type: message["role"] === "assistant" ? "ai" : message["role"] };
}

/** Returns true for a piece of a message that is being written. */
export function isGraphPiece(value: unknown): value is GraphMessage {
  return isGraphMessage(value) && "concat" in value;
}

/** Returns the text or the thinking of a message. */
export function contentOf({ content }: GraphMessage, kind: "text" | "thinking"): string {
  if (typeof content === "string") return kind === "text" ? content : "";
  if (!Array.isArray(content)) return kind === "text" ? toText(content) : "";
  const fields = kind === "text" ? ["text"] : ["thinking", "reasoning"];
  return content
    .flatMap((block: unknown) => (isRecord(block) ? fields.map((field) => block[field]) : []))
    .filter((text) => typeof text === "string")
    .join("");
}

/** Returns the usage that a message of a model has. */
export function toUsage({
  input_tokens = 0,
  output_tokens = 0,
  input_token_details = {},
}: GraphUsage = {}): Usage {
  const { cache_read: cacheReadTokens = 0, cache_creation: cacheWriteTokens = 0 } = input_token_details;
  const inputTokens = Math.max(0, input_tokens - cacheReadTokens - cacheWriteTokens);
  return { inputTokens, outputTokens: output_tokens, cacheReadTokens, cacheWriteTokens };
}

/** Returns a message of a session for a graph. */
export function toGraphMessage(message: Message): object {
  const { content } = message;
  switch (message.role) {
    case "user":
      return { role: "user", content };
    case "system":
      return { role: "user", content };
    case "assistant": {
      const tool_calls = (message.toolCalls ?? []).map(({ callId, toolName, input }) => {
        return { id: callId, name: toolName, args: input, type: "tool_call" };
      });
      return { role: "assistant", content, tool_calls };
    }
    case "tool": {
      const status = message.isError ? "error" : "success";
      return { role: "tool", content, tool_call_id: message.callId, name: message.toolName, status };
    }
  }
}
