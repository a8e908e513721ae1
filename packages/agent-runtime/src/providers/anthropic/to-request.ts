import type {
  ContentBlockParam,
  DocumentBlockParam,
  ImageBlockParam,
  MessageCreateParamsStreaming,
  TextBlockParam,
  ThinkingConfigParam,
  Tool,
} from "@anthropic-ai/sdk/resources/messages";
import {
  type AssistantMessage,
  type ContentBlock,
  describeFile,
  isFile,
  type Message,
  type ModelRequest,
  type ToolMessage,
} from "@mini-openclaw/protocol";
import { type MessagePart, toResultParts, toUserParts } from "../convert/message-parts.ts";
import { toApiName, toShortId } from "../convert/tool-call.ts";
import { placeVolatile, withFreshThinking } from "../convert/volatile-context.ts";
import { markForCache, type Turn } from "./cache-breakpoints.ts";
import { initialRules, type MessageRules } from "./message-rules.ts";

export interface RequestOptions {
  model: string;
  maxTokens: number;
  thinking?: ThinkingConfigParam | undefined;
  rules?: MessageRules;
  /** Fields of the body that the application adds. They win. */
  extraBody?: Readonly<Record<string, unknown>>;
}

/** Thinking begins at this budget. */
const MIN_THINKING_TOKENS = 1024;

/**
 * Returns the request in the form of the Messages API.
 *
 * The volatile part of the prompt stands behind the run's user message, where it invalidates
 * nothing that comes before.
 */
export function toRequest(request: ModelRequest, options: RequestOptions): MessageCreateParamsStreaming {
  const { system } = request;
  const { model, extraBody, rules = initialRules } = options;
  const maxTokens = Math.max(1, Math.min(options.maxTokens, rules.maxTokens, rules.room));
  const fitted = options.thinking && fitThinking(options.thinking, maxTokens);
  const thinking =
    fitted?.type === "enabled" && (rules.thinking === "none" || isLoopWithout(request, fitted, model))
      ? { type: "disabled" as const }
      : fitted;
  const turns = toTurns(request, { model, rules, mode: thinking?.type });
  endWithoutSpace(turns.at(-1));
  markForCache(turns);
  return {
    model,
    max_tokens: maxTokens,
    stream: true,
    ...(system.stable !== "" && {
      system: [{ type: "text", text: system.stable, cache_control: { type: "ephemeral" } }],
    }),
    messages: turns,
    ...toolParams(request),
    ...(thinking && { thinking }),
    ...extraBody,
  };
}

/**
 * Thinking must leave room for an answer. An answer that may not be long has to do with less of it.
 */
function fitThinking(thinking: ThinkingConfigParam, maxTokens: number): ThinkingConfigParam {
  if (thinking.type !== "enabled" || thinking.budget_tokens < maxTokens) return thinking;
  return maxTokens > MIN_THINKING_TOKENS
    ? { ...thinking, budget_tokens: maxTokens - 1 }
    : { type: "disabled" };
}

/**
 * Returns true if thinking must be off, because the last turn of an open loop has none: another
 * model began it, or it was begun without.
 */
function isLoopWithout({ messages }: ModelRequest, { type }: ThinkingConfigParam, model: string): boolean {
  const last = lastTurnOf(messages);
  if (type !== "enabled" || !last || !isOpenLoop(messages, last)) return false;
  const [first] = last.blocks ?? [];
  return last.model !== model || (first?.type !== "thinking" && first?.type !== "redacted_thinking");
}

function lastTurnOf(messages: readonly Message[]): AssistantMessage | undefined {
  return messages.findLast((message): message is AssistantMessage => message.role === "assistant");
}

/** A loop is open while the model has not answered to the results of its calls. */
function isOpenLoop(messages: readonly Message[], last: AssistantMessage): boolean {
  return messages.indexOf(last) < messages.length - 1 && (last.toolCalls ?? []).length > 0;
}

function toolParams({
  tools,
  messages,
}: ModelRequest): Pick<MessageCreateParamsStreaming, "tools" | "tool_choice"> {
  if (tools.length > 0) {
    const params = tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      input_schema: inputSchema as Tool.InputSchema,
    }));
    // Always `auto`: the choice is part of the cache's key, and the request itself asks for an
    // answer.
    return { tools: params, tool_choice: { type: "auto" } };
  }
  // The API takes calls of earlier runs only together with tools, also where the agent has none any
  // longer.
  const called = messages.flatMap((message) => (message.role === "assistant" && message.toolCalls) || []);
  const names = new Set(called.map(({ toolName }) => toApiName(toolName)));
  if (names.size === 0) return {};
  const gone = [...names].map((name) => ({ name, input_schema: { type: "object" as const } }));
  return { tools: gone, tool_choice: { type: "none" } };
}

interface ThinkingRules {
  model: string;
  rules: MessageRules;
  /** The mode of thinking in this request. */
  mode: ThinkingConfigParam["type"] | undefined;
}

/** The API wants user and assistant in turn, the user first. Results belong to the user. */
function toTurns(request: ModelRequest, thinkingRules: ThinkingRules): Turn[] {
  const messages = placeVolatile(request);
  const fresh = withFreshThinking(request);
  const lastTurn = lastTurnOf(request.messages);
  const hasManualLoop = thinkingRules.mode === "enabled" && lastTurn && isOpenLoop(messages, lastTurn);
  const turns: Turn[] = [];
  for (const message of messages) {
    const role = message.role === "assistant" ? "assistant" : "user";
    // With manual thinking, the last turn of an open loop keeps its thinking, whatever was trimmed
    // before it.
    const isOpen = hasManualLoop && message === lastTurn;
    const content = toBlocks(message, thinkingRules, fresh.has(message) || isOpen === true);
    if (content.length === 0) continue;
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content });
  }
  if (turns[0]?.role !== "user") {
    turns.unshift({ role: "user", content: [{ type: "text", text: "[earlier messages left out]" }] });
  }
  return turns;
}

function toBlocks(message: Message, thinkingRules: ThinkingRules, isFresh: boolean): ContentBlockParam[] {
  switch (message.role) {
    case "user":
      return toUserParts(message).map(toBlock);
    case "assistant":
      return assistantBlocks(message, thinkingRules, isFresh);
    case "tool":
      return [toolResult(message)];
    case "system":
      return text(`[system] ${message.content}`);
  }
}

type MediaType = "image/jpeg" | "image/png" | "image/gif" | "image/webp";

function toBlock(part: MessagePart): TextBlockParam | ImageBlockParam | DocumentBlockParam {
  if (part.type === "text") return part;
  const { mediaType, data, name } = part;
  if (part.type === "image") {
    return { type: "image", source: { type: "base64", media_type: mediaType as MediaType, data } };
  }
  return {
    type: "document",
    source: { type: "base64", media_type: "application/pdf", data },
    ...(name !== undefined && { title: name }),
  };
}

function assistantBlocks(
  message: AssistantMessage,
  thinkingRules: ThinkingRules,
  isFresh: boolean,
): ContentBlockParam[] {
  // Most answers are text alone.
  if (!message.blocks && !message.toolCalls) return text(message.content);
  const calls = new Map((message.toolCalls ?? []).map((call) => [call.callId, call]));
  const toolUse = (callId: string | undefined): ContentBlockParam[] => {
    const call = calls.get(callId);
    calls.delete(callId);
    return call
      ? [{ type: "tool_use", id: toApiId(call.callId), name: toApiName(call.toolName), input: call.input }]
      : [];
  };
  const hasCalls = calls.size > 0;
  const blocks = (message.blocks ?? [{ type: "text", text: message.content }]).flatMap(
    (block): ContentBlockParam[] => {
      if (block.type === "text") return text(block.text);
      if (block.type === "tool_call") return toolUse(block.callId);
      if (isFile(block)) return text(describeFile(block));
      return toThinking(block, message, thinkingRules, isFresh);
    },
  );
  const all = [...blocks, ...[...calls.keys()].flatMap(toolUse)];
  const isNeeded = thinkingRules.rules.thinking === "required" && hasCalls && !all.some(isThinking);
  return isNeeded ? [{ type: "thinking", thinking: " ", signature: "" }, ...all] : all;
}

/**
 * Returns the thinking of a message as it came. Signed thinking goes to the model that signed it,
 * behind what it was about. Unsigned thinking, which only compatible servers send, goes to the same
 * model always.
 *
 * Source: https://platform.claude.com/docs/en/build-with-claude/preserved-thinking
 */
function toThinking(
  block: ContentBlock,
  { model: thinker }: AssistantMessage,
  { model, rules, mode }: ThinkingRules,
  isFresh: boolean,
): ContentBlockParam[] {
  if (rules.thinking === "none" || mode === "disabled") return [];
  const isRequired = rules.thinking === "required";
  if (block.type === "redacted_thinking") {
    return thinker === model && (isFresh || isRequired) ? [{ type: block.type, data: block.data }] : [];
  }
  if (block.type !== "thinking") return [];
  const { text: thinking, signature } = block;
  const isOwn = thinker === model && (signature ? isFresh : block.field === undefined);
  if (!isOwn && !isRequired) return [];
  return [{ type: "thinking", thinking, signature: thinker === model ? (signature ?? "") : "" }];
}

function isThinking(block: ContentBlockParam | undefined): boolean {
  return block?.type === "thinking" || block?.type === "redacted_thinking";
}

function toolResult(message: ToolMessage): ContentBlockParam {
  const { callId, isError } = message;
  const parts = toResultParts(message);
  const [first] = parts;
  const content = parts.length === 1 && first?.type === "text" ? first.text : parts.map(toBlock);
  return {
    type: "tool_result",
    tool_use_id: toApiId(callId),
    ...(content.length > 0 && { content }),
    ...(isError && { is_error: true }),
  };
}

/** The API refuses text blocks without text. */
function text(content: string): ContentBlockParam[] {
  return content.trim() === "" ? [] : [{ type: "text", text: content }];
}

/**
 * The API's ids are of letters, digits, `_` and `-`. Another provider's may not be. Different ones
 * stay different.
 */
function toApiId(callId = ""): string {
  const id = callId.replace(/[^a-zA-Z0-9_-]/g, (other) => `_${other.charCodeAt(0).toString(16)}`);
  return id.length > 64 ? toShortId(callId, 40) : id;
}

/** An answer that the model is to go on with must not end with white space. */
function endWithoutSpace(message: Turn | undefined): void {
  const block = message?.content.at(-1);
  if (message?.role === "assistant" && block?.type === "text") block.text = block.text.trimEnd();
}
