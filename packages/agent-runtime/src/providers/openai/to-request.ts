import {
  type AssistantMessage,
  type ContentBlock,
  type FileBlock,
  filesOf,
  type Message,
  type ModelRequest,
  type ToolMessage,
} from "@mini-openclaw/protocol";
import type {
  ChatCompletionContentPart,
  ChatCompletionCreateParamsStreaming,
} from "openai/resources/chat/completions";
import { toJsonText } from "../convert/json.ts";
import { type MessagePart, toResultParts, toUserParts } from "../convert/message-parts.ts";
import { toApiName, toShortId } from "../convert/tool-call.ts";
import { placeVolatile, withFreshThinking } from "../convert/volatile-context.ts";
import type { ChatRules } from "./chat-rules.ts";

export interface RequestOptions {
  model: string;
  rules: ChatRules;
  maxTokens?: number | undefined;
  /** Fields of the body that the application adds. They win. */
  extraBody?: Readonly<Record<string, unknown>>;
}

/**
 * Stands for an answer that a run did not get to: some servers want one between a tool's result and
 * a user.
 */
const NO_ANSWER = "[no answer yet]";
const LEFT_OUT = "[earlier messages left out]";

/**
 * DeepSeek refuses an empty text where it wants thinking. Source: NousResearch/hermes-agent#18263.
 */
const NO_THINKING = " ";

/**
 * Returns the request in the form of Chat Completions. Servers cache by common beginnings on their
 * own: stable prompt and history come first.
 *
 * User and assistant take turns, the user first, and nothing but an assistant follows a tool's
 * result: the chat templates of Mistral's and Gemma's models raise an error otherwise, and no
 * server minds. Sources: vllm-project/vllm#6862, charmbracelet/crush#279, zed-industries/zed#37021.
 */
export function toRequest(
  request: ModelRequest,
  options: RequestOptions,
): ChatCompletionCreateParamsStreaming {
  const { system, tools, toolChoice } = request;
  const { model, rules, maxTokens, extraBody } = options;
  const fresh = withFreshThinking(request);
  const messages = takeTurns(
    withResultFiles(placeVolatile(request)).flatMap((message) => toParam(message, options, fresh)),
  );
  const body = {
    model,
    ...(maxTokens !== undefined && { [rules.tokenField]: Math.min(maxTokens, rules.maxTokens) }),
    stream: true,
    stream_options: { include_usage: true },
    messages: [...(system.stable === "" ? [] : [{ role: "system", content: system.stable }]), ...messages],
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema }) => ({
        type: "function",
        function: { name, description, parameters: inputSchema },
      })),
      tool_choice: toolChoice,
    }),
    ...extraBody,
  };
  const allowed = Object.entries(body).filter(([name]) => !rules.refusedFields.has(name));
  return Object.fromEntries(allowed) as unknown as ChatCompletionCreateParamsStreaming;
}

/** A message of the request. Servers add fields of their own, which the SDK's types do not know. */
interface Param {
  role: "user" | "assistant" | "tool";
  content: string | ChatCompletionContentPart[];
  tool_calls?: object[];
  tool_call_id?: string;
  [field: string]: unknown;
}

function toParam(message: Message, options: RequestOptions, fresh: ReadonlySet<Message>): Param[] {
  switch (message.role) {
    case "user":
      return [{ role: "user", content: toContent(toUserParts(message)) }];
    case "assistant":
      return [toAssistant(message, options, fresh.has(message))];
    case "tool":
      // There is no field for failure. The text names it.
      return [
        { role: "tool", tool_call_id: toId(message.callId, options.rules), content: toResultText(message) },
      ];
    case "system":
      // Many chat templates take a system message in the first place only.
      return [{ role: "user", content: `[system] ${message.content}` }];
  }
}

function toContent(parts: readonly MessagePart[]): Param["content"] {
  if (parts.every((part) => part.type === "text")) return parts.map(({ text }) => text).join("\n\n");
  return parts.map((part): ChatCompletionContentPart => {
    if (part.type === "text") return part;
    const url = `data:${part.mediaType};base64,${part.data}`;
    if (part.type === "image") return { type: "image_url", image_url: { url } };
    return { type: "file", file: { filename: part.name ?? "document.pdf", file_data: url } };
  });
}

/** A tool's message has text only. Its files follow in a message of the user. */
function toResultText(message: ToolMessage): string {
  const texts = toResultParts(message).map((part) => (part.type === "text" ? part.text : IN_NEXT_MESSAGE));
  return texts.join("\n");
}

const IN_NEXT_MESSAGE = "[the file is in the next message of the user]";

/** Adds a user's message with the files of tool results, behind the results of their turn. */
function withResultFiles(messages: readonly Message[]): Message[] {
  const files: ContentBlock[] = [];
  const all: Message[] = [];
  const flush = () => {
    if (files.length === 0) return;
    all.push({ role: "user", content: "[files of tool results]", blocks: files.splice(0), timestamp: 0 });
  };
  for (const message of messages) {
    if (message.role !== "tool") flush();
    all.push(message);
    if (message.role === "tool") files.push(...(filesOf(message) ?? []).filter(isSent));
  }
  flush();
  return all;
}

function isSent(file: FileBlock): boolean {
  return file.data !== undefined && file.mediaType !== "text/plain";
}

/**
 * Gemini takes this for calls that another model made. Source: ai.google.dev, thought signatures.
 */
const unsigned = {
  extra_content: { google: { thought_signature: "skip_thought_signature_validator" } },
};

function toAssistant(message: AssistantMessage, options: RequestOptions, isFresh: boolean): Param {
  const { content, toolCalls = [] } = message;
  const { rules, model } = options;
  const calls = toolCalls.map(({ callId = "", toolName, input, extra }) => ({
    // Fields that a server adds to its calls mean nothing to another server.
    ...(rules.signsCalls && unsigned),
    ...(message.model === model && extra),
    id: toId(callId, rules),
    type: "function" as const,
    function: { name: toApiName(toolName), arguments: toJsonText(input) },
  }));
  return {
    role: "assistant",
    ...toReasoning(message, options, isFresh),
    content,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/**
 * Returns what a message was thought about, in the fields in which its server sent it. Thinking
 * goes to the model that thought it. A server that wants some with every message gets what there
 * is, from any model.
 */
function toReasoning(message: AssistantMessage, { model, rules }: RequestOptions, isFresh: boolean): object {
  if (rules.reasoning === "none") return {};
  const thinking = (message.blocks ?? []).filter(isThinking);
  const text = thinking.map((block) => block.text).join("");
  if (rules.reasoning === "required") {
    const isNeeded = text !== "" || (message.toolCalls ?? []).length > 0;
    return isNeeded ? { reasoning_content: text.trim() === "" ? NO_THINKING : text } : {};
  }
  if (message.model !== model) return {};
  const details = isFresh ? thinking.flatMap((block) => block.details ?? []) : [];
  const field = thinking.find((block) => block.field !== undefined)?.field;
  return {
    ...(field !== undefined && text !== "" && { [field]: text }),
    ...(details.length > 0 && { reasoning_details: details }),
  };
}

function toId(callId: string, { callIdChars }: ChatRules): string {
  if (callIdChars === undefined) return callId.length > 40 ? toShortId(callId, 40) : callId;
  return toShortId(callId, callIdChars);
}

/** Joins neighbours of one role, and puts an assistant message where one is missing. */
function takeTurns(params: readonly Param[]): Param[] {
  const turns: Param[] = [];
  for (const param of params) {
    const last = turns.at(-1);
    if (!last && param.role !== "user") turns.push({ role: "user", content: LEFT_OUT });
    if (last?.role === "tool" && param.role === "user") turns.push({ role: "assistant", content: NO_ANSWER });
    if (last?.role === param.role && mayJoin(last)) Object.assign(last, joined(last, param));
    else turns.push({ ...param });
  }
  return turns;
}

/** A message with tool calls is followed by their results. */
function mayJoin({ role, tool_calls }: Param): boolean {
  return role === "user" || (role === "assistant" && !tool_calls);
}

function joined(one: Param, other: Param): Param {
  if (typeof one.content === "string" && typeof other.content === "string") {
    const content = [one.content, other.content].filter((text) => text !== "").join("\n\n");
    return { ...one, ...other, content };
  }
  return { ...one, ...other, content: [...toParts(one.content), ...toParts(other.content)] };
}

function toParts(content: Param["content"]): ChatCompletionContentPart[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

type ThinkingBlock = Extract<ContentBlock, { type: "thinking" }>;

function isThinking(block: ContentBlock): block is ThinkingBlock {
  return block.type === "thinking";
}
