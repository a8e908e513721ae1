import type {
  ContentBlockParam,
  MessageCreateParamsStreaming,
  ThinkingConfigParam,
  Tool,
} from "@anthropic-ai/sdk/resources/messages";
import type {
  AssistantMessage,
  Message,
  ModelRequest,
  ToolMessage,
  UserMessage,
} from "@mini-openclaw/protocol";
import { toApiName } from "../tool-call.ts";
import { placeVolatile } from "../volatile-context.ts";

export interface RequestOptions {
  model: string;
  maxTokens: number;
  thinking?: ThinkingConfigParam;
}

/**
 * The request in the form of the Messages API.
 *
 * Cache breakpoints (the API allows four): after tools and stable prompt, after the last answer before this run, and at
 * the end, so that each turn of a run finds the one before. The volatile part of the prompt stands behind the run's
 * user message, where it invalidates nothing that comes before.
 */
export function toRequest(request: ModelRequest, options: RequestOptions): MessageCreateParamsStreaming {
  const { system } = request;
  const { model, maxTokens, thinking } = options;
  const messages = toMessageParams(placeVolatile(request), model);
  endWithoutSpace(messages.at(-1));
  markForCache(messages[messages.findLastIndex(isAnswer)]);
  markForCache(messages.at(-1));
  return {
    model,
    max_tokens: maxTokens,
    stream: true,
    ...(system.stable !== "" && {
      system: [{ type: "text", text: system.stable, cache_control: { type: "ephemeral" } }],
    }),
    messages,
    ...toolParams(request),
    ...(thinking && { thinking: fitThinking(thinking, maxTokens) }),
  };
}

/** Thinking must leave room for an answer, and begins at 1,024 tokens: an answer that may not be long has to do with less of it. */
function fitThinking(thinking: ThinkingConfigParam, maxTokens: number): ThinkingConfigParam {
  if (thinking.type !== "enabled" || thinking.budget_tokens < maxTokens) return thinking;
  return maxTokens > 1024 ? { ...thinking, budget_tokens: maxTokens - 1 } : { type: "disabled" };
}

function toolParams({
  tools,
  toolChoice,
  messages,
}: ModelRequest): Pick<MessageCreateParamsStreaming, "tools" | "tool_choice"> {
  if (tools.length > 0) {
    const params = tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      input_schema: inputSchema as Tool.InputSchema,
    }));
    return { tools: params, tool_choice: { type: toolChoice } };
  }
  // The API takes calls of earlier runs only together with tools, also where the agent has none any longer.
  const called = messages.flatMap((message) => (message.role === "assistant" && message.toolCalls) || []);
  const names = new Set(called.map(({ toolName }) => toApiName(toolName)));
  if (names.size === 0) return {};
  const gone = [...names].map((name) => ({ name, input_schema: { type: "object" as const } }));
  return { tools: gone, tool_choice: { type: "none" } };
}

type Turn = { role: "user" | "assistant"; content: ContentBlockParam[] };

/** The API wants user and assistant in turn, the user first; results belong to the user. */
function toMessageParams(messages: readonly Message[], model: string): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const content = toBlocks(message, model);
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

function toBlocks(message: Message, model: string): ContentBlockParam[] {
  switch (message.role) {
    case "user":
      return userBlocks(message);
    case "assistant":
      return assistantBlocks(message, model);
    case "tool":
      return [toolResult(message)];
    case "system":
      return text(`[system] ${message.content}`);
  }
}

function userBlocks({ content, blocks }: UserMessage): ContentBlockParam[] {
  if (!blocks) return text(content.trim() === "" ? "[empty message]" : content);
  return blocks.flatMap((block): ContentBlockParam[] => {
    if (block.type === "text") return text(block.text);
    if (block.type !== "image") return [];
    const { mediaType, data } = block;
    type MediaType = "image/jpeg" | "image/png" | "image/gif" | "image/webp";
    return [{ type: "image", source: { type: "base64", media_type: mediaType as MediaType, data } }];
  });
}

function assistantBlocks(message: AssistantMessage, model: string): ContentBlockParam[] {
  const calls = new Map((message.toolCalls ?? []).map((call) => [call.callId, call]));
  const toolUse = (callId: string | undefined): ContentBlockParam[] => {
    const call = calls.get(callId);
    calls.delete(callId);
    return call
      ? [{ type: "tool_use", id: toApiId(call.callId), name: toApiName(call.toolName), input: call.input }]
      : [];
  };
  const blocks = (message.blocks ?? [{ type: "text", text: message.content }]).flatMap(
    (block): ContentBlockParam[] => {
      switch (block.type) {
        case "text":
          return text(block.text);
        case "tool_call":
          return toolUse(block.callId);
        case "thinking":
          // Only the model that thought it, and signed it, accepts it.
          return block.signature && message.model === model
            ? [{ type: "thinking", thinking: block.text, signature: block.signature }]
            : [];
        case "redacted_thinking":
          return message.model === model ? [block] : [];
        case "image":
          return [];
      }
    },
  );
  return [...blocks, ...[...calls.keys()].flatMap(toolUse)];
}

function toolResult({ callId, content, isError }: ToolMessage): ContentBlockParam {
  return {
    type: "tool_result",
    tool_use_id: toApiId(callId),
    ...(content !== "" && { content }),
    ...(isError && { is_error: true }),
  };
}

/** The API refuses text blocks without text. */
function text(content: string): ContentBlockParam[] {
  return content.trim() === "" ? [] : [{ type: "text", text: content }];
}

/** The API's ids are of letters, digits, `_` and `-`; another provider's may not be. Different ones stay different. */
function toApiId(callId: string | undefined): string {
  return (callId ?? "").replace(/[^a-zA-Z0-9_-]/g, (other) => `_${other.charCodeAt(0).toString(16)}`);
}

/** A turn of the model without tool calls: the end of a run. */
function isAnswer({ role, content }: Turn): boolean {
  return role === "assistant" && !content.some(({ type }) => type === "tool_use");
}

/** An answer that the model is to go on with must not end with white space. */
function endWithoutSpace(message: Turn | undefined): void {
  const block = message?.content.at(-1);
  if (message?.role === "assistant" && block?.type === "text") block.text = block.text.trimEnd();
}

function markForCache(message: Turn | undefined): void {
  const block = message?.content.at(-1);
  // Thinking cannot carry a breakpoint.
  if (block && (block.type === "text" || block.type === "tool_result" || block.type === "tool_use")) {
    block.cache_control = { type: "ephemeral" };
  }
}
