import { type ContentBlock, noUsage, type Usage } from "@mini-openclaw/protocol";
import { toCount } from "../../shared/token-count.ts";
import { isRecord, type JsonRecord, readEvent, toText } from "../convert/json.ts";
import { failsTurn, toStopReason } from "../convert/stop-reason.ts";
import { newInput, type OpenCall, toToolCall } from "../convert/tool-call.ts";
import { fromStreamError } from "../errors/api-errors.ts";
import { cleanText } from "../errors/clean-text.ts";
import { isErrorEvent } from "../errors/reason.ts";
import type { AnswerLimit } from "../http/answer-limit.ts";
import type { CompleteTurn, Shown, ShownText, TurnBuilder } from "../http/ask-model.ts";
import { BETWEEN_PARTS, type ItemRef, type OutputItem, OutputItems, textOf, typeOf } from "./output-items.ts";
import { REASONING_ITEM } from "./to-request.ts";

export interface BuilderOptions {
  limit: AnswerLimit;
  secrets: readonly string[];
}

/** Builds a turn from the events of a Responses stream. */
export function createTurnBuilder({ limit, secrets }: BuilderOptions): TurnBuilder {
  const items = new OutputItems(limit);
  let usage: Usage = noUsage;
  let reason: string | undefined;
  let isOver = false;
  let isDone = false;

  function addDelta(event: JsonRecord, type: "text" | "reasoning" | "call"): Shown[] {
    const item = items.open(refOf(event), type);
    const delta = toText(event["delta"]);
    if (type !== "reasoning" || delta === "") return addText(item, delta);
    const part = event["summary_index"] ?? event["content_index"];
    const isNext = item.text !== "" && part !== item.part;
    item.part = part;
    return addText(item, isNext ? BETWEEN_PARTS + delta : delta);
  }

  function addText(item: OutputItem, text: string): Shown[] {
    limit.addChars(text.length);
    item.text += text;
    if (item.type === "call") return showInput(item);
    if (item.type === "text") return keep(item, item.tags.add(text));
    return text === "" || item.type === "ignored" ? [] : [{ type: "thinking", text }];
  }

  /** Adds a whole text, of which nothing may have been streamed. */
  function addWhole(event: JsonRecord, type: "text" | "reasoning" | "call", text: unknown) {
    const item = items.open(refOf(event), type);
    return item.text === "" ? addText(item, toText(text)) : [];
  }

  function openItem(index: unknown, value: unknown): OutputItem {
    const item = items.open({ index, id: isRecord(value) ? value["id"] : undefined }, typeOf(value));
    if (isRecord(value)) item.item = value;
    return item;
  }

  /** Adds a whole item. Its text counts only if none of it was streamed. */
  function closeItem(index: unknown, value: unknown): Shown[] {
    const item = openItem(index, value);
    const whole = textOf(item);
    const shown = item.text === "" ? addText(item, whole) : [];
    item.isWhole = true;
    return [...shown, ...endText(item)];
  }

  /** Adds the response that ends the stream, or that is the whole answer. */
  function finish(response: unknown): Shown[] {
    if (!isRecord(response)) return [];
    usage = toUsage(response["usage"], usage);
    const { error, incomplete_details: details, output, status } = response;
    if (error || status === "failed" || status === "cancelled")
      throw fromStreamError(error ? response : { message: status }, secrets);
    isOver = true;
    if (isRecord(details)) reason = toText(details["reason"]) || "incomplete";
    else if (status === "incomplete") reason = "incomplete";
    if (reason !== undefined && failsTurn(reason)) throw fromStreamError({ message: reason }, secrets);
    const all = Array.isArray(output) ? (output as unknown[]) : [];
    return [...all.flatMap((item, index) => addLast(all, item, index)), ...items.all.flatMap(endText)];
  }

  /** Adds an item of the last event, which mostly repeats one that was streamed. */
  function addLast(all: readonly unknown[], item: unknown, index: number): Shown[] {
    const type = typeOf(item);
    const fields = isRecord(item) ? item : {};
    const known = items.find({ index, id: fields["id"] }, type);
    const isOther = (known?.item["call_id"] ?? fields["call_id"]) !== fields["call_id"];
    if (known && !isOther) return closeItem(index, item);
    const before = all.slice(0, index).filter((one) => typeOf(one) === type).length;
    return before < items.ofType(type).length ? [] : closeItem(index, item);
  }

  return {
    add(data) {
      if (data === "[DONE]") {
        isDone = true;
        return undefined;
      }
      const event = readEvent(data);
      if (!event) return undefined;
      switch (event["type"]) {
        case "error":
        case "response.error":
          throw fromStreamError(event, secrets);
        case "response.failed":
        case "response.cancelled":
          throw fromStreamError(isRecord(event["response"]) ? event["response"] : event, secrets);
        case "response.completed":
        case "response.incomplete":
        case "response.done":
          return finish(event["response"]);
        case "response.output_item.added":
          openItem(event["output_index"], event["item"]);
          return undefined;
        case "response.output_item.done":
          return closeItem(event["output_index"], event["item"]);
        case "response.output_text.delta":
          return addDelta(event, "text");
        case "response.refusal.delta":
          items.open(refOf(event), "text").refusal += toText(event["delta"]);
          return addDelta(event, "text");
        case "response.reasoning_summary_text.delta":
        case "response.reasoning_text.delta":
          return addDelta(event, "reasoning");
        case "response.function_call_arguments.delta":
          return addDelta(event, "call");
        case "response.output_text.done":
          return addWhole(event, "text", event["text"]);
        case "response.function_call_arguments.done":
          return addWhole(event, "call", event["arguments"]);
        default:
          if (isErrorEvent(event) && event["object"] !== "response") throw fromStreamError(event, secrets);
          // A whole answer, from a server that does not stream.
          return event["object"] === "response" ? finish(event) : undefined;
      }
    },
    usage: () => usage,
    finished() {
      // Some servers end the stream without the event for it.
      const isWhole = isDone && items.all.length > 0 && items.all.every((item) => item.isWhole);
      return isOver || isWhole ? toTurn(items.all, reason, usage, secrets) : undefined;
    },
  };
}

function refOf(event: JsonRecord): ItemRef {
  return { index: event["output_index"], id: event["item_id"] };
}

function toTurn(
  items: readonly OutputItem[],
  reason: string | undefined,
  usage: Usage,
  secrets: readonly string[],
): CompleteTurn {
  const calls = new Map(
    items.flatMap((open) => (open.type === "call" ? [[open, toToolCall(toCall(open))] as const] : [])),
  );
  const blocks = items.flatMap((open): ContentBlock[] => {
    const call = calls.get(open);
    if (call) return [{ type: "tool_call", callId: call.callId }];
    if (open.type === "text") return toTextBlocks(open);
    if (open.type !== "reasoning") return [];
    return [{ type: "thinking", text: open.text, field: REASONING_ITEM, details: [open.item] }];
  });
  const refusal = items.map((open) => open.refusal || refusalIn(open.item)).join("");
  return {
    type: "turn",
    content: items.map(({ said }) => said).join(""),
    toolCalls: [...calls.values()],
    ...(blocks.some((block) => block.type === "thinking" || "phase" in block) && { blocks }),
    stopReason: refusal === "" ? toStopReason(reason, calls.size > 0) : "refusal",
    ...(refusal !== "" && { stopMessage: cleanText(refusal, secrets, 300) }),
    usage,
  };
}

/** The API labels texts as commentary or as the final answer, and wants the label back. */
function toTextBlocks({ said, thought, item }: OutputItem): ContentBlock[] {
  const phase = toText(item["phase"]);
  return [
    ...(thought === "" ? [] : [{ type: "thinking" as const, text: thought }]),
    ...(said === "" ? [] : [{ type: "text" as const, text: said, ...(phase !== "" && { phase }) }]),
  ];
}

/** Keeps what a text shows, with thinking between tags apart. */
function keep(item: OutputItem, parts: ShownText[]): ShownText[] {
  for (const { type, text } of parts) {
    if (type === "text") item.said += text;
    else item.thought += text;
  }
  return parts;
}

/** Returns text that was held back, because it could have become a tag. */
function endText(item: OutputItem): ShownText[] {
  return keep(item, item.tags.end());
}

function refusalIn({ content }: JsonRecord): string {
  const parts = Array.isArray(content) ? (content as unknown[]) : [];
  return parts.map((part) => (isRecord(part) ? toText(part["refusal"]) : "")).join("");
}

function toCall({ item, text, index, shownChars }: OutputItem): OpenCall {
  const id = item["call_id"] ?? item["id"];
  return { id, name: item["name"], json: text, given: item["arguments"], index, shownChars };
}

/** Returns the piece of a call's arguments that was not shown yet. */
function showInput(item: OutputItem): Shown[] {
  const shown = newInput(toCall(item));
  if (!shown) return [];
  item.shownChars = item.text.length;
  return [shown];
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
