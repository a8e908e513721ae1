import {
  type AssistantMessage,
  type ContentBlock,
  describeFile,
  isFile,
  type Message,
  type ModelRequest,
  type ToolMessage,
} from "@mini-openclaw/protocol";
import type { ResponseCreateParamsStreaming } from "openai/resources/responses/responses";
import { toJsonText } from "../convert/json.ts";
import { type MessagePart, toResultParts, toUserParts } from "../convert/message-parts.ts";
import { toApiName, toShortId } from "../convert/tool-call.ts";
import { placeVolatile } from "../convert/volatile-context.ts";
import type { ResponseRules } from "./response-rules.ts";

/** The field of thinking blocks that hold reasoning items. */
export const REASONING_ITEM = "reasoning_item";

export interface RequestOptions {
  model: string;
  rules: ResponseRules;
  maxTokens?: number | undefined;
  effort?: string | undefined;
  /** Further fields of `reasoning`. */
  thinking?: Readonly<Record<string, unknown>> | undefined;
  /** Fields of the body that the application adds. They win. */
  extraBody?: Readonly<Record<string, unknown>>;
}

/** An item of the input, in the form of the API. */
type Item = Record<string, unknown>;

/** The API refuses a lower limit. Source: the API's reference, `max_output_tokens`. */
const MIN_OUTPUT_TOKENS = 16;

/** The API's limit for a `call_id`. */
const MAX_CALL_ID_CHARS = 64;

/**
 * Returns the request in the form of the Responses API. The server stores nothing: reasoning goes
 * back encrypted, in the items in which it came.
 *
 * Source: https://platform.openai.com/docs/guides/reasoning, November 2026.
 */
export function toRequest(request: ModelRequest, options: RequestOptions): ResponseCreateParamsStreaming {
  const { system, tools, toolChoice } = request;
  const { model, rules, maxTokens, effort, thinking, extraBody } = options;
  const reasoning = {
    ...(effort !== undefined && { effort }),
    ...(rules.asksForSummary && { summary: "auto" }),
    ...thinking,
  };
  const body = {
    model,
    stream: true,
    store: false,
    ...(rules.asksForReasoning && { include: ["reasoning.encrypted_content"] }),
    ...(Object.keys(reasoning).length > 0 && { reasoning }),
    ...(maxTokens !== undefined && {
      max_output_tokens: Math.max(MIN_OUTPUT_TOKENS, Math.min(maxTokens, rules.maxTokens)),
    }),
    ...(system.stable !== "" && { instructions: system.stable }),
    input: placeVolatile(request).flatMap((message) => toItems(message, options)),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema }) => ({
        type: "function",
        name,
        description,
        parameters: inputSchema,
        strict: false,
      })),
      tool_choice: toolChoice,
    }),
    ...extraBody,
  };
  return body as unknown as ResponseCreateParamsStreaming;
}

function toItems(message: Message, options: RequestOptions): Item[] {
  switch (message.role) {
    case "user":
      return [{ role: "user", content: toUserParts(message).map(toInputPart) }];
    case "assistant":
      return assistantItems(message, options);
    case "tool":
      return [{ type: "function_call_output", call_id: toCallId(message.callId), output: toOutput(message) }];
    case "system":
      return [{ role: "developer", content: message.content }];
  }
}

function toInputPart(part: MessagePart): Item {
  if (part.type === "text") return { type: "input_text", text: part.text };
  const url = `data:${part.mediaType};base64,${part.data}`;
  if (part.type === "image") return { type: "input_image", image_url: url, detail: "auto" };
  return { type: "input_file", filename: part.name ?? "document.pdf", file_data: url };
}

/** Returns a tool's result: its text, or parts where it has files. */
function toOutput(message: ToolMessage): string | Item[] {
  const parts = toResultParts(message);
  if (parts.every((part) => part.type === "text")) return parts.map(({ text }) => text).join("\n");
  return parts.map(toInputPart);
}

function assistantItems(message: AssistantMessage, { model, rules }: RequestOptions): Item[] {
  const calls = new Map((message.toolCalls ?? []).map((call) => [call.callId, call]));
  const takeCall = (callId: string | undefined): Item[] => {
    const call = calls.get(callId);
    calls.delete(callId);
    if (!call) return [];
    const { toolName, input } = call;
    const name = toApiName(toolName);
    return [{ type: "function_call", call_id: toCallId(callId), name, arguments: toJsonText(input) }];
  };
  const mayReason = message.model === model && rules.asksForReasoning;
  const blocks = message.blocks ?? [{ type: "text" as const, text: message.content }];
  const items = blocks.flatMap((block): Item[] => {
    if (block.type === "text") {
      if (block.text.trim() === "") return [];
      return [{ role: "assistant", content: block.text, ...phaseOf(block, message, model) }];
    }
    if (block.type === "tool_call") return takeCall(block.callId);
    if (isFile(block)) return [{ role: "assistant", content: describeFile(block) }];
    const isItem = block.type === "thinking" && block.field === REASONING_ITEM && mayReason;
    return isItem ? (block.details ?? []) : [];
  });
  const all = [...items, ...[...calls.keys()].flatMap(takeCall)];
  // The API refuses reasoning without the item that follows it.
  return all.at(-1)?.["type"] === "reasoning" ? all.slice(0, all.findLastIndex(isNoReasoning) + 1) : all;
}

type TextBlock = Extract<ContentBlock, { type: "text" }>;

/** A label goes back to the model that gave it. */
function phaseOf({ phase }: TextBlock, message: AssistantMessage, model: string): Item {
  return phase !== undefined && message.model === model ? { phase } : {};
}

function isNoReasoning(item: Item): boolean {
  return item["type"] !== "reasoning";
}

function toCallId(callId = ""): string {
  return callId.length > MAX_CALL_ID_CHARS ? toShortId(callId, 40) : callId;
}
