import { type ContentBlock, noUsage, type Usage } from "@mini-openclaw/protocol";
import { toCount } from "../../shared/token-count.ts";
import { isRecord, type JsonRecord, readEvent, toText } from "../convert/json.ts";
import { failsTurn, toStopReason } from "../convert/stop-reason.ts";
import { newInput, type OpenCall, toToolCall } from "../convert/tool-call.ts";
import { fromStreamError } from "../errors/api-errors.ts";
import { cleanText } from "../errors/clean-text.ts";
import { isErrorEvent, textIn } from "../errors/reason.ts";
import { type AnswerLimit, PART_CHARS } from "../http/answer-limit.ts";
import type { CompleteTurn, Shown, TurnBuilder } from "../http/ask-model.ts";

type Open =
  | { type: "text"; text: string }
  | { type: "thinking"; text: string; signature: string }
  | { type: "redacted_thinking"; data: string }
  | ({ type: "tool_use" } & OpenCall)
  | { type: "ignored" };

/**
 * A piece of text without escapes, as the API writes it: nearly every event of an answer. To take
 * it out costs a fraction of reading the event as JSON, which is what all others are read as.
 */
const plainText =
  /^\{"type":"content_block_delta","index":(\d+),"delta":\{"type":"text_delta","text":"([^"\\\p{Cc}]*)"\}\s*\}$/u;

export interface BuilderOptions {
  limit: AnswerLimit;
  secrets: readonly string[];
}

/**
 * Builds a turn from the events of a Messages stream, and from those of the servers that speak it
 * more or less.
 */
export function createTurnBuilder({ limit, secrets }: BuilderOptions): TurnBuilder {
  const blocks = new BlockList(limit);
  let usage: Usage = noUsage;
  let stopReason: string | undefined;
  let stopMessage: string | undefined;
  let isStopped = false;
  const addMessage = (message: JsonRecord): Shown[] => {
    usage = withReport(usage, message["usage"]);
    if (typeof message["stop_reason"] === "string") stopReason = message["stop_reason"];
    const { content } = message;
    const parts = Array.isArray(content) ? (content as unknown[]) : [{ type: "text", text: content }];
    return parts.flatMap((block) => blocks.open(undefined, block) ?? []);
  };
  return {
    add(data) {
      const [, index, text] = plainText.exec(data) ?? [];
      if (text !== undefined) return blocks.addText(Number(index), text);
      if (data === "[DONE]") {
        isStopped ||= stopReason !== undefined || !blocks.isEmpty;
        return undefined;
      }
      const event = readEvent(data);
      if (!event) return undefined;
      if (isErrorEvent(event)) throw fromStreamError(event, secrets);
      switch (event["type"]) {
        case "message_start":
          return isRecord(event["message"]) ? addMessage(event["message"]) : undefined;
        case "message":
          // A whole answer, from a server that does not stream.
          isStopped = true;
          return addMessage(event);
        case "content_block_start":
          return blocks.open(event["index"], event["content_block"]);
        case "content_block_delta":
          return isRecord(event["delta"]) ? blocks.add(event["index"], event["delta"]) : undefined;
        case "message_delta": {
          usage = withReport(usage, event["usage"]);
          const delta = isRecord(event["delta"]) ? event["delta"] : {};
          const reason = delta["stop_reason"];
          stopMessage = textIn(delta["stop_details"]) ?? stopMessage;
          if (typeof reason !== "string") return undefined;
          if (failsTurn(reason))
            throw fromStreamError({ error: { type: "server_error", message: reason } }, secrets);
          stopReason = reason;
          return undefined;
        }
        case "message_stop":
          isStopped = true;
          return undefined;
        default:
          // The end of a block adds nothing, and later kinds of events are not ours to know.
          return undefined;
      }
    },
    usage: () => usage,
    finished(isOver) {
      if (!isStopped && !(isOver && stopReason !== undefined)) return undefined;
      const turn = toTurn(blocks.all, stopReason, usage);
      const message =
        turn.stopReason === "refusal" && stopMessage ? cleanText(stopMessage, secrets, 300) : undefined;
      return { ...turn, ...(message !== undefined && { stopMessage: message }) };
    },
  };
}

/**
 * The blocks of an answer in their order. Servers may leave indexes out, or give one to several
 * blocks.
 */
class BlockList {
  readonly all: Open[] = [];
  readonly #byIndex = new Map<unknown, Open>();
  readonly #limit: AnswerLimit;

  constructor(limit: AnswerLimit) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.all.every(
      (block) => block.type === "ignored" || (block.type === "text" && block.text === ""),
    );
  }

  open(index: unknown, content: unknown): Shown | undefined {
    const block = this.#begin(isRecord(content) ? content : {});
    this.#add(index, block);
    if (block.type !== "text" && block.type !== "thinking") return undefined;
    this.#limit.addChars(block.text.length);
    return shown(block.type, block.text);
  }

  /** Adds a piece of text: the usual delta, without the checks of the others. */
  addText(index: number, text: string): Shown | undefined {
    const block = this.#byIndex.get(index);
    if (block?.type !== "text") return this.add(index, { type: "text_delta", text });
    this.#limit.addChars(text.length);
    block.text += text;
    return shown("text", text);
  }

  add(index: unknown, delta: JsonRecord): Shown | undefined {
    const block = this.#blockFor(index, toText(delta["type"]));
    if (!block) return undefined;
    switch (block.type) {
      case "text": {
        const text = toText(delta["text"]);
        this.#limit.addChars(text.length);
        block.text += text;
        return shown("text", text);
      }
      case "thinking": {
        const { thinking, signature } = delta;
        const text = toText(thinking);
        this.#limit.addChars(text.length + toText(signature).length);
        block.text += text;
        // Sent twice by some servers: when the block begins, and at its end.
        if (toText(signature) !== block.signature) block.signature += toText(signature);
        return shown("thinking", text);
      }
      case "tool_use": {
        const piece = delta["partial_json"];
        if (isRecord(piece)) block.given = piece;
        const json = toText(piece);
        this.#limit.addChars(json.length);
        block.json += json;
        return newInput(block);
      }
      case "redacted_thinking":
      case "ignored":
        return undefined;
    }
  }

  #begin(content: JsonRecord): Open {
    if (content["type"] !== "tool_use") return openBlock(content);
    const { id, name, input: given } = content;
    const index = this.all.filter(({ type }) => type === "tool_use").length;
    return { type: "tool_use", id, name, json: "", given, index, shownChars: 0 };
  }

  #add(index: unknown, block: Open): void {
    this.#limit.addChars(PART_CHARS);
    this.all.push(block);
    this.#byIndex.set(index ?? undefined, block);
  }

  /** The block that a delta belongs to. A block that never began begins here. */
  #blockFor(index: unknown, deltaType: string): Open | undefined {
    const type = typeOfDelta[deltaType];
    const block = index === undefined || index === null ? this.all.at(-1) : this.#byIndex.get(index);
    if (block?.type === "ignored" || block?.type === type || type === undefined) return block;
    const begun = this.#begin({ type });
    this.#add(index, begun);
    return begun;
  }
}

const typeOfDelta: Record<string, "text" | "thinking" | "tool_use" | undefined> = {
  text_delta: "text",
  thinking_delta: "thinking",
  signature_delta: "thinking",
  input_json_delta: "tool_use",
};

/** Blocks of tools that run on the model's server are ignored, because none is asked for here. */
function openBlock(block: JsonRecord): Open {
  switch (block["type"]) {
    case "text":
      return { type: "text", text: toText(block["text"]) };
    case "thinking":
      return { type: "thinking", text: toText(block["thinking"]), signature: toText(block["signature"]) };
    case "redacted_thinking":
      return typeof block["data"] === "string"
        ? { type: "redacted_thinking", data: block["data"] }
        : { type: "ignored" };
    default:
      return { type: "ignored" };
  }
}

function shown(type: "text" | "thinking", text: string): Shown | undefined {
  return text === "" ? undefined : { type, text };
}

/**
 * The API counts up: each report replaces the one before, field by field. Servers that report a
 * part at the beginning alone report zero at the end.
 */
function withReport(usage: Usage, report: unknown): Usage {
  if (!isRecord(report)) return usage;
  const latest = (before: number, field: string) => toCount(report[field]) || before;
  return {
    inputTokens: latest(usage.inputTokens, "input_tokens"),
    outputTokens: latest(usage.outputTokens, "output_tokens"),
    cacheReadTokens: latest(usage.cacheReadTokens, "cache_read_input_tokens"),
    cacheWriteTokens: latest(usage.cacheWriteTokens, "cache_creation_input_tokens"),
  };
}

function toTurn(open: readonly Open[], stopReason: string | undefined, usage: Usage): CompleteTurn {
  const calls = open.flatMap((block) =>
    block.type === "tool_use" ? { block, call: toToolCall(block) } : [],
  );
  const callIds = new Map<Open, string>(calls.map(({ block, call }) => [block, call.callId]));
  const blocks = open.flatMap((block) => toContentBlock(block, callIds));
  return {
    type: "turn",
    content: open.map((block) => (block.type === "text" ? block.text : "")).join(""),
    toolCalls: calls.map(({ call }) => call),
    ...(needsBlocks(blocks) && { blocks }),
    stopReason: toStopReason(stopReason, calls.length > 0),
    usage,
  };
}

/** One text and then tool calls are said by `content` and `toolCalls` alone. */
function needsBlocks(blocks: readonly ContentBlock[]): boolean {
  return blocks.some(({ type }, index) => type !== "tool_call" && !(type === "text" && index === 0));
}

function toContentBlock(block: Open, callIds: ReadonlyMap<Open, string>): ContentBlock[] {
  switch (block.type) {
    case "text":
      return block.text === "" ? [] : [block];
    case "thinking": {
      const { text, signature } = block;
      if (text === "" && signature === "") return [];
      return [{ type: "thinking", text, ...(signature !== "" && { signature }) }];
    }
    case "redacted_thinking":
      return [block];
    case "tool_use":
      return [{ type: "tool_call", callId: callIds.get(block) ?? "" }];
    case "ignored":
      return [];
  }
}
