import { noUsage, type Usage } from "@mini-openclaw/protocol";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import { fromStreamError, type StreamError } from "../api-errors.ts";
import type { Shown, TurnBuilder } from "../ask-model.ts";
import { toToolCall } from "../tool-call.ts";

/** A delta with what servers of thinking models add to it: DeepSeek, Qwen and vLLM one name, OpenRouter and Ollama the other. */
type Delta = Partial<ChatCompletionChunk.Choice.Delta> & {
  reasoning_content?: string | null;
  reasoning?: string | null;
};

interface OpenCall {
  id: string;
  name: string;
  json: string;
}

/** Builds a turn from the events of a Chat Completions stream. */
export function createTurnBuilder(): TurnBuilder {
  const calls: OpenCall[] = [];
  const callAt = new Map<number, OpenCall>();
  let usage: Usage = noUsage;
  let content = "";
  let finishReason: string | undefined;
  let isDone = false;
  return {
    add(data) {
      if (data === "[DONE]") {
        isDone = true;
        return undefined;
      }
      const chunk = JSON.parse(data) as ChatCompletionChunk & StreamError;
      if (chunk.error) throw fromStreamError(chunk);
      if (chunk.usage) usage = toUsage(chunk.usage);
      // The chunk that carries the usage has no choice.
      const choice = chunk.choices[0];
      if (!choice) return undefined;
      finishReason = choice.finish_reason ?? finishReason;
      for (const call of choice.delta.tool_calls ?? []) addCall(calls, callAt, call);
      const shown = shownIn(choice.delta);
      if (shown?.type === "text") content += shown.text;
      return shown;
    },
    usage: () => usage,
    finished(isOver) {
      // Not every server says `[DONE]`; the usage may come after the finish reason.
      if (finishReason === undefined || !(isDone || isOver)) return undefined;
      const toolCalls = calls.map(({ id, name, json }) => toToolCall(id, name, json, {}));
      return { type: "turn", content, toolCalls, stopReason: toStopReason(finishReason), usage };
    },
  };
}

function shownIn({ content, reasoning_content, reasoning }: Delta): Shown | undefined {
  const thinking = reasoning_content ?? reasoning;
  if (content) return { type: "text", text: content };
  return thinking ? { type: "thinking", text: thinking } : undefined;
}

/** A piece belongs to the call at its place. Some servers give all calls one place: there another id begins another call. */
function addCall(
  calls: OpenCall[],
  callAt: Map<number, OpenCall>,
  piece: ChatCompletionChunk.Choice.Delta.ToolCall,
): void {
  const known = callAt.get(piece.index);
  const isSame = known && (!piece.id || !known.id || piece.id === known.id);
  const call = isSame ? known : { id: "", name: "", json: "" };
  if (!isSame) calls.push(call);
  call.id ||= piece.id ?? "";
  call.name += piece.function?.name ?? "";
  call.json += piece.function?.arguments ?? "";
  callAt.set(piece.index, call);
}

function toUsage(usage: NonNullable<ChatCompletionChunk["usage"]>): Usage {
  const cacheReadTokens = usage.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    inputTokens: usage.prompt_tokens - cacheReadTokens,
    outputTokens: usage.completion_tokens,
    cacheReadTokens,
    cacheWriteTokens: 0,
  };
}

/** In the words that the run loop knows; any other as the server says it. */
function toStopReason(finishReason: string): string {
  const known: Record<string, string> = {
    stop: "end_turn",
    tool_calls: "tool_use",
    length: "max_tokens",
    content_filter: "refusal",
  };
  return Object.hasOwn(known, finishReason) ? (known[finishReason] as string) : finishReason;
}
