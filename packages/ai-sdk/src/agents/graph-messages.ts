import type { Message, Usage } from "@mini-openclaw/protocol";
import { isRecord } from "@mini-openclaw/protocol/shared";
import { toText } from "./run-writer.ts";

/** A message of LangChain, with the fields that a run needs. */
export interface GraphMessage {
  type: string;
  id?: string;
  content: unknown;
  contentBlocks?: unknown;
  additional_kwargs?: { reasoning_content?: unknown };
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

/**
 * Returns a message by role, which a node may add too, in the form of a message of LangChain. A
 * pair is a role and a content.
 */
export function toTyped(added: unknown): unknown {
  const message = Array.isArray(added) ? { role: added[0], content: added[1] } : added;
  if (!isRecord(message) || "type" in message) return message;
  return { ...message, type: message["role"] === "assistant" ? "ai" : message["role"] };
}

/** Returns true for a piece of a message that is being written. */
export function isGraphPiece(value: unknown): value is GraphMessage {
  return isGraphMessage(value) && "concat" in value;
}

/** Returns the text or the thinking of a message. */
export function contentOf(message: GraphMessage, kind: "text" | "thinking"): string {
  const { content, additional_kwargs: { reasoning_content: reasoning } = {} } = message;
  if (kind === "thinking" && typeof reasoning === "string") return reasoning;
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

/** A file of a model's message: its bytes in base64, or only its address. */
export type GraphFile =
  | { readonly mediaType: string; readonly data: string; readonly name?: string | undefined }
  | { readonly type: string; readonly url: string };

const fileTypes = new Set<unknown>(["image", "file", "audio", "video", "image_url", "inlineData"]);

/**
 * Returns the files of a message of LangChain. `contentBlocks` has the forms of many providers as
 * one, since `@langchain/core` 1.0. The forms of others are read as they are.
 */
export function graphFilesOf({
  content,
  contentBlocks,
}: {
  content: unknown;
  contentBlocks?: unknown;
}): GraphFile[] {
  const blocks = Array.isArray(contentBlocks) ? contentBlocks : content;
  return Array.isArray(blocks) ? blocks.flatMap((block: unknown) => toFile(block) ?? []) : [];
}

function toFile(block: unknown): GraphFile | undefined {
  if (!isRecord(block) || !fileTypes.has(block["type"])) return undefined;
  const { inlineData, metadata } = block;
  const fields = isRecord(inlineData) ? inlineData : block;
  const { mimeType, mime_type = mimeType, data } = fields;
  const mediaType = String(mime_type);
  const { filename, name = filename } = isRecord(metadata) ? metadata : {};
  const named = typeof name === "string" && name !== "" ? { name } : {};
  if (typeof data === "string") return { mediaType, data, ...named };
  if (data instanceof Uint8Array) return { mediaType, data: Buffer.from(data).toString("base64"), ...named };
  return fromUrl(urlOf(block), String(block["type"]));
}

function urlOf({ url, image_url: image }: Record<string, unknown>): unknown {
  return url ?? (isRecord(image) ? image["url"] : image);
}

function fromUrl(url: unknown, type: string): GraphFile | undefined {
  if (typeof url !== "string") return undefined;
  const [, mediaType, data] = /^data:([^;,]+);base64,(.*)$/is.exec(url) ?? [];
  if (mediaType !== undefined && data !== undefined) return { mediaType, data };
  return { type: type === "image_url" ? "image" : type, url };
}
