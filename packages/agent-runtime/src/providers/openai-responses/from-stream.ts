import { type ContentBlock, noUsage, type Usage } from "@mini-openclaw/protocol";
import { isRecord, type JsonRecord, toText } from "../convert/json.ts";
import { failsTurn, toStopReason } from "../convert/stop-reason.ts";
import { toToolCall } from "../convert/tool-call.ts";
import { toCount } from "../convert/usage.ts";
import { type AnswerLimit, PART_CHARS } from "../http/answer-limit.ts";
import { fromStreamError } from "../http/api-errors.ts";
import type { CompleteTurn, Shown, TurnBuilder } from "../http/ask-model.ts";
import { cleanText } from "../http/clean-text.ts";
import { REASONING_ITEM } from "./to-request.ts";

/** An output item while it streams: the pieces, and the whole item once the server sent it. */
interface OpenItem {
  type: "text" | "reasoning" | "call" | "ignored";
  text: string;
  item: JsonRecord;
  refusal: string;
}

export interface BuilderOptions {
  limit: AnswerLimit;
  secrets: readonly string[];
}

/** Builds a turn from the events of a Responses stream. */
export function createTurnBuilder({ limit, secrets }: BuilderOptions): TurnBuilder {
  const items = new Map<unknown, OpenItem>();
  let usage: Usage = noUsage;
  let reason: string | undefined;
  let isOver = false;

  function open(index: unknown, value: unknown, type?: OpenItem["type"]): OpenItem {
    const item = isRecord(value) ? value : {};
    const known = items.get(index ?? items.size);
    if (known) {
      if (isRecord(value)) known.item = item;
      return known;
    }
    limit.addChars(PART_CHARS);
    const opened: OpenItem = { type: type ?? typeOf(item), text: "", refusal: "", item };
    items.set(index ?? items.size, opened);
    return opened;
  }

  function addDelta(event: JsonRecord, type: "text" | "reasoning" | "call"): Shown | undefined {
    const item = open(event["output_index"], undefined, type);
    const delta = toText(event["delta"]);
    limit.addChars(delta.length);
    item.text += delta;
    if (delta === "" || type === "call") return undefined;
    return { type: type === "text" ? "text" : "thinking", text: delta };
  }

  /** Adds a whole item. Its text counts only if none of it was streamed. */
  function closeItem(index: unknown, value: unknown): Shown[] {
    const open_ = open(index, value);
    if (open_.type === "ignored") open_.type = typeOf(open_.item);
    const whole = textOf(open_);
    if (open_.text !== "" || whole === "") return [];
    limit.addChars(whole.length);
    open_.text = whole;
    if (open_.type !== "text" && open_.type !== "reasoning") return [];
    return [{ type: open_.type === "text" ? "text" : "thinking", text: whole }];
  }

  /** Adds the response that ends the stream, or that is the whole answer. */
  function finish(response: unknown): Shown[] {
    if (!isRecord(response)) return [];
    usage = toUsage(response["usage"], usage);
    const { error, incomplete_details: details, output, status } = response;
    if (error || status === "failed")
      throw fromStreamError(error ? response : { message: "failed" }, secrets);
    isOver = true;
    if (isRecord(details)) reason = toText(details["reason"]) || "incomplete";
    else if (status === "incomplete") reason = "incomplete";
    if (reason !== undefined && failsTurn(reason)) throw fromStreamError({ message: reason }, secrets);
    const all = Array.isArray(output) ? (output as unknown[]) : [];
    return all.flatMap((item, index) => closeItem(index, item));
  }

  return {
    add(data) {
      if (data === "[DONE]") return undefined;
      const event: unknown = JSON.parse(data);
      if (!isRecord(event)) return undefined;
      switch (event["type"]) {
        case "error":
        case "response.error":
          throw fromStreamError(event, secrets);
        case "response.failed":
          throw fromStreamError(isRecord(event["response"]) ? event["response"] : event, secrets);
        case "response.completed":
        case "response.incomplete":
        case "response.done":
          return finish(event["response"]);
        case "response.output_item.added":
          open(event["output_index"], event["item"]);
          return undefined;
        case "response.output_item.done":
          return closeItem(event["output_index"], event["item"]);
        case "response.output_text.delta":
          return addDelta(event, "text");
        case "response.refusal.delta": {
          const item = open(event["output_index"], undefined, "text");
          item.refusal += toText(event["delta"]);
          return addDelta(event, "text");
        }
        case "response.reasoning_summary_text.delta":
        case "response.reasoning_text.delta":
          return addDelta(event, "reasoning");
        case "response.function_call_arguments.delta":
          return addDelta(event, "call");
        default:
          if (event["error"]) throw fromStreamError(event, secrets);
          // A whole answer, from a server that does not stream.
          return event["object"] === "response" ? finish(event) : undefined;
      }
    },
    usage: () => usage,
    finished: () => (isOver ? toTurn([...items.values()], reason, usage, secrets) : undefined),
  };
}

function typeOf(item: JsonRecord): OpenItem["type"] {
  const types: Record<string, OpenItem["type"]> = {
    message: "text",
    reasoning: "reasoning",
    function_call: "call",
  };
  return types[toText(item["type"])] ?? "ignored";
}

/** Returns the text of a whole item: of a message, of a summary, or the arguments of a call. */
function textOf({ type, item }: OpenItem): string {
  if (type === "call") return toText(item["arguments"]);
  const parts = type === "reasoning" ? [item["summary"], item["content"]] : [item["content"]];
  const texts = parts
    .flatMap((part) => (Array.isArray(part) ? (part as unknown[]) : []))
    .map((part) => (isRecord(part) ? toText(part["text"] ?? part["refusal"]) : ""));
  return texts.join("");
}

function toTurn(
  items: readonly OpenItem[],
  reason: string | undefined,
  usage: Usage,
  secrets: readonly string[],
): CompleteTurn {
  const calls = new Map(
    items.flatMap((open) => (open.type === "call" ? [[open, toCall(open)] as const] : [])),
  );
  const blocks = items.flatMap((open): ContentBlock[] => {
    const call = calls.get(open);
    if (call) return [{ type: "tool_call", callId: call.callId }];
    if (open.type === "text") return open.text === "" ? [] : [{ type: "text", text: open.text }];
    if (open.type !== "reasoning") return [];
    return [{ type: "thinking", text: open.text, field: REASONING_ITEM, details: [open.item] }];
  });
  const refusal = items.map((open) => open.refusal || refusalIn(open.item)).join("");
  return {
    type: "turn",
    content: items.map(({ type, text }) => (type === "text" ? text : "")).join(""),
    toolCalls: [...calls.values()],
    ...(blocks.some(({ type }) => type === "thinking") && { blocks }),
    stopReason: refusal === "" ? toStopReason(reason, calls.size > 0) : "refusal",
    ...(refusal !== "" && { stopMessage: cleanText(refusal, secrets, 300) }),
    usage,
  };
}

function refusalIn({ content }: JsonRecord): string {
  const parts = Array.isArray(content) ? (content as unknown[]) : [];
  return parts.map((part) => (isRecord(part) ? toText(part["refusal"]) : "")).join("");
}

function toCall({ item, text }: OpenItem) {
  return toToolCall({
    id: item["call_id"] ?? item["id"],
    name: item["name"],
    json: text,
    given: item["arguments"],
  });
}

/** The API counts cached tokens as part of the input. */
function toUsage(report: unknown, before: Usage): Usage {
  if (!isRecord(report)) return before;
  const details = isRecord(report["input_tokens_details"]) ? report["input_tokens_details"] : {};
  const inputTokens = toCount(report["input_tokens"]) ?? 0;
  const cacheReadTokens = toCount(details["cached_tokens"]) ?? 0;
  return {
    inputTokens: cacheReadTokens > inputTokens ? inputTokens : inputTokens - cacheReadTokens,
    outputTokens: toCount(report["output_tokens"]) ?? 0,
    cacheReadTokens,
    cacheWriteTokens: 0,
  };
}
