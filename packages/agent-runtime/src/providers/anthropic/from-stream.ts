import type { RawMessageStreamEvent } from "@anthropic-ai/sdk/resources/messages";
import { type ContentBlock, noUsage, type Usage } from "@mini-openclaw/protocol";
import { fromStreamError, type StreamError } from "../api-errors.ts";
import type { CompleteTurn, Shown, TurnBuilder } from "../ask-model.ts";
import { toToolCall } from "../tool-call.ts";

type Open =
  | { type: "text"; text: string }
  | { type: "thinking"; text: string; signature: string }
  | { type: "redacted_thinking"; data: string }
  | { type: "tool_use"; id: string; name: string; json: string; input: unknown };

/**
 * A piece of text without escapes, as the API writes it: nearly every event of an answer. To take it out costs a fraction of
 * reading the event as JSON, which is what all others are read as.
 */
const plainText =
  /^\{"type":"content_block_delta","index":(\d+),"delta":\{"type":"text_delta","text":"([^"\\\p{Cc}]*)"\}\s*\}$/u;

/** Builds a turn from the events of a Messages stream. */
export function createTurnBuilder(): TurnBuilder {
  const blocks = new Map<number, Open>();
  let usage: Usage = noUsage;
  let stopReason = "";
  let stopped = false;
  return {
    add(data) {
      const [, index, text] = plainText.exec(data) ?? [];
      if (text !== undefined) return addDelta(blocks.get(Number(index)), { type: "text_delta", text });
      const event = JSON.parse(data) as RawMessageStreamEvent | ({ type: "error" } & StreamError);
      switch (event.type) {
        case "error":
          throw fromStreamError(event);
        case "message_start":
          usage = withReport(usage, event.message.usage);
          return undefined;
        case "content_block_start": {
          const block = openBlock(event.content_block);
          if (block) blocks.set(event.index, block);
          return block && shown(block.type, "text" in block ? block.text : "");
        }
        case "content_block_delta":
          return addDelta(blocks.get(event.index), event.delta);
        case "message_delta":
          usage = withReport(usage, event.usage);
          stopReason = event.delta.stop_reason ?? stopReason;
          return undefined;
        case "message_stop":
          stopped = true;
          return undefined;
        case "content_block_stop":
        default:
          // The first says nothing new; later kinds of events are not ours to know.
          return undefined;
      }
    },
    usage: () => usage,
    finished: () => (stopped ? toTurn([...blocks.values()], stopReason, usage) : undefined),
  };
}

type Delta = Extract<RawMessageStreamEvent, { type: "content_block_delta" }>["delta"];
type StartedBlock = Extract<RawMessageStreamEvent, { type: "content_block_start" }>["content_block"];

/** `undefined` for the blocks of tools that run on the model's server, which are not asked for here. */
function openBlock(block: StartedBlock): Open | undefined {
  if (block.type === "text") return { type: "text", text: block.text };
  if (block.type === "thinking")
    return { type: "thinking", text: block.thinking, signature: block.signature };
  if (block.type === "redacted_thinking") return { type: "redacted_thinking", data: block.data };
  if (block.type !== "tool_use") return undefined;
  return { type: "tool_use", id: block.id, name: block.name, json: "", input: block.input };
}

function addDelta(block: Open | undefined, delta: Delta): Shown | undefined {
  if (delta.type === "text_delta" && block?.type === "text") {
    block.text += delta.text;
    return shown("text", delta.text);
  }
  if (delta.type === "thinking_delta" && block?.type === "thinking") {
    block.text += delta.thinking;
    return shown("thinking", delta.thinking);
  }
  if (delta.type === "signature_delta" && block?.type === "thinking") block.signature += delta.signature;
  if (delta.type === "input_json_delta" && block?.type === "tool_use") block.json += delta.partial_json;
  return undefined;
}

function shown(type: Open["type"], text: string): Shown | undefined {
  return text !== "" && (type === "text" || type === "thinking") ? { type, text } : undefined;
}

/** The API counts up: each report replaces the one before, field by field. */
function withReport(
  usage: Usage,
  report: {
    input_tokens?: number | null;
    output_tokens?: number | null;
    cache_read_input_tokens?: number | null;
    cache_creation_input_tokens?: number | null;
  },
): Usage {
  return {
    inputTokens: report.input_tokens ?? usage.inputTokens,
    outputTokens: report.output_tokens ?? usage.outputTokens,
    cacheReadTokens: report.cache_read_input_tokens ?? usage.cacheReadTokens,
    cacheWriteTokens: report.cache_creation_input_tokens ?? usage.cacheWriteTokens,
  };
}

function toTurn(open: readonly Open[], stopReason: string, usage: Usage): CompleteTurn {
  const content = open.map((block) => (block.type === "text" ? block.text : "")).join("");
  const toolCalls = open.flatMap((block) =>
    block.type === "tool_use" ? toToolCall(block.id, block.name, block.json, block.input) : [],
  );
  const blocks = open.flatMap(toContentBlock);
  return {
    type: "turn",
    content,
    toolCalls,
    ...(needsBlocks(blocks) && { blocks }),
    stopReason,
    usage,
  };
}

/** One text and then tool calls are said by `content` and `toolCalls` alone. */
function needsBlocks(blocks: readonly ContentBlock[]): boolean {
  return blocks.some(({ type }, place) => type !== "tool_call" && !(type === "text" && place === 0));
}

function toContentBlock(block: Open): ContentBlock[] {
  switch (block.type) {
    case "text":
      return block.text === "" ? [] : [block];
    case "thinking":
      return [{ ...block }];
    case "redacted_thinking":
      return [block];
    case "tool_use":
      return [{ type: "tool_call", callId: block.id }];
  }
}
