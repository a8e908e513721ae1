import type { ContentBlock, Message, ModelEvent, ModelRequest } from "@mini-openclaw/protocol";
import type { Attributes } from "@opentelemetry/api";
import type { ToolCallReport } from "../observe/hooks.ts";

/**
 * The contents of messages as attributes: JSON by the schemas of the semantic conventions
 * (`gen-ai-input-messages.json` and those beside it). Images are named, their bytes left out.
 */
export function requestOf({ system, messages, tools }: ModelRequest): Attributes {
  const instructions = [system.stable, system.volatile].filter(Boolean);
  const definitions = tools.map(({ name, description, inputSchema }) => ({
    type: "function",
    name,
    description,
    parameters: inputSchema,
  }));
  return {
    "gen_ai.system_instructions": JSON.stringify(instructions.map((content) => ({ type: "text", content }))),
    "gen_ai.input.messages": JSON.stringify(messages.map(toChatMessage)),
    "gen_ai.tool.definitions": JSON.stringify(definitions),
  };
}

export function answerOf(turn: Extract<ModelEvent, { type: "turn" }>): Attributes {
  const message = {
    role: "assistant",
    parts: partsOf(turn),
    finish_reason: finishReasons[turn.stopReason] ?? turn.stopReason,
  };
  return { "gen_ai.output.messages": JSON.stringify([message]) };
}

export function callInputOf(input: unknown): Attributes {
  return { "gen_ai.tool.call.arguments": JSON.stringify(input) };
}

export function callOutputOf({ output }: ToolCallReport): Attributes {
  return { "gen_ai.tool.call.result": output };
}

/** The conventions' words for those of the model servers. */
const finishReasons: Readonly<Record<string, string>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  tool_use: "tool_call",
  tool_calls: "tool_call",
  refusal: "content_filter",
};

type Part = { type: string } & Record<string, unknown>;

function toChatMessage(message: Message): { role: string; parts: Part[] } {
  if (message.role !== "tool") return { role: message.role, parts: partsOf(message) };
  const { callId, content } = message;
  return { role: "tool", parts: [{ type: "tool_call_response", id: callId, response: content }] };
}

interface Said {
  content: string;
  blocks?: readonly ContentBlock[];
  toolCalls?: readonly { callId?: string; toolName: string; input: unknown }[];
}

function partsOf({ content, blocks, toolCalls = [] }: Said): Part[] {
  const said = blocks ? blocks.flatMap(toPart) : content === "" ? [] : [{ type: "text", content }];
  const calls = toolCalls.map(({ callId, toolName, input }) => ({
    type: "tool_call",
    ...(callId !== undefined && { id: callId }),
    name: toolName,
    arguments: input,
  }));
  return [...said, ...calls];
}

function toPart(block: ContentBlock): Part[] {
  switch (block.type) {
    case "text":
      return [{ type: "text", content: block.text }];
    case "thinking":
      return [{ type: "reasoning", content: block.text }];
    case "image":
      return [{ type: "blob", modality: "image", mime_type: block.mediaType, content: "" }];
    case "document":
      return [{ type: "blob", modality: "document", mime_type: block.mediaType, content: "" }];
    case "redacted_thinking":
    case "tool_call":
      // The one is unreadable. The other names a call that stands in `toolCalls`.
      return [];
  }
}
