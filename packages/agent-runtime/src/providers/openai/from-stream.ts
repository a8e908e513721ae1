import { type ContentBlock, noUsage, type Usage } from "@mini-openclaw/protocol";
import { toCount } from "../../shared/token-count.ts";
import { isRecord, type JsonRecord, readEvent, toText } from "../convert/json.ts";
import { failsTurn, toStopReason } from "../convert/stop-reason.ts";
import { TextTemplate } from "../convert/text-template.ts";
import { fromStreamError } from "../errors/api-errors.ts";
import { cleanText } from "../errors/clean-text.ts";
import { isErrorEvent } from "../errors/reason.ts";
import { type AnswerLimit, PART_CHARS } from "../http/answer-limit.ts";
import type { CompleteTurn, Shown, ShownInput, ShownText, TurnBuilder } from "../http/ask-model.ts";
import { partsOf } from "./content-parts.ts";
import { StreamedCalls } from "./stream-calls.ts";
import { createThinkTags } from "./think-tags.ts";

export interface BuilderOptions {
  limit: AnswerLimit;
  secrets: readonly string[];
}

/**
 * Builds a turn from the events of a Chat Completions stream, and from those of the many servers
 * that speak it.
 */
export function createTurnBuilder({ limit, secrets }: BuilderOptions): TurnBuilder {
  const answer = new ChatAnswer(limit);
  let usage: Usage = noUsage;
  let finishReason: string | undefined;
  let isDone = false;
  const template = new TextTemplate();

  function addReport(report: unknown): void {
    if (isRecord(report)) usage = toUsage(report);
  }

  function addChoice(choice: JsonRecord): Shown | Shown[] {
    addReport(choice["usage"]);
    const reason = choice["finish_reason"];
    // The last chunk may repeat all that was streamed as a message: only a whole answer comes as
    // one alone.
    const delta = choice["delta"] ?? (answer.isEmpty ? choice["message"] : undefined);
    const shown = isRecord(delta) ? answer.add(delta) : none;
    if (typeof reason !== "string" || reason === "") return shown;
    if (failsTurn(reason)) {
      const error = choice["error"] ?? { type: "server_error", message: reason };
      throw fromStreamError({ error }, secrets);
    }
    finishReason = reason;
    return [shown, answer.endText()].flat();
  }

  return {
    add(data) {
      if (data === "[DONE]") {
        isDone = true;
        return answer.endText();
      }
      const text = template.textIn(data);
      if (text !== undefined) return answer.addText(text);
      const chunk = readEvent(data);
      if (!chunk) return undefined;
      if (isErrorEvent(chunk)) throw fromStreamError(chunk, secrets);
      addReport(chunk["usage"] ?? (isRecord(chunk["x_groq"]) ? chunk["x_groq"]["usage"] : undefined));
      // The chunk that carries the usage has no choice.
      const { choices } = chunk;
      const choice = Array.isArray(choices) ? (choices[0] as unknown) : undefined;
      if (!isRecord(choice)) return undefined;
      const shown = addChoice(choice);
      if (answer.isPlain && isTextAlone(chunk, choice))
        template.learn(data, "content", toText((choice["delta"] as JsonRecord)["content"]));
      return shown;
    },
    usage: () => usage,
    finished(isOver) {
      // Not every server sends `[DONE]`, and not every one a finish reason. The usage may come
      // after either.
      const isFinished = finishReason !== undefined ? isDone || isOver : isDone && !answer.isEmpty;
      return isFinished ? answer.toTurn(finishReason, usage, secrets) : undefined;
    },
  };
}

/** Returns true for a chunk that has a piece of text, and nothing else that counts. */
function isTextAlone(chunk: JsonRecord, choice: JsonRecord): boolean {
  const { delta, finish_reason, usage } = choice;
  const others = [finish_reason, usage, chunk["usage"], chunk["x_groq"]];
  if (!isRecord(delta) || others.some((one) => one !== undefined && one !== null)) return false;
  const fields = Object.entries(delta).filter(([, value]) => value !== null);
  return fields.every(([name]) => name === "content" || name === "role") && delta["content"] !== "";
}

/**
 * The names under which servers send thinking: DeepSeek, Qwen, Kimi and GLM. Then OpenRouter,
 * Ollama, Groq and newer vLLM. Last GitHub Copilot.
 */
const thinkingFields = ["reasoning_content", "reasoning", "reasoning_text", "thinking"];

const none: ShownText[] = [];

/** The answer so far. */
class ChatAnswer {
  #content = "";
  #thinking = "";
  #field: string | undefined;
  #refusal = "";
  readonly #details: JsonRecord[] = [];
  readonly #calls: StreamedCalls;
  readonly #tags = createThinkTags();
  readonly #limit: AnswerLimit;

  constructor(limit: AnswerLimit) {
    this.#limit = limit;
    this.#calls = new StreamedCalls(limit);
  }

  get isEmpty(): boolean {
    return this.#content === "" && this.#thinking === "" && this.#calls.count === 0;
  }

  add(delta: JsonRecord): Shown | Shown[] {
    const { content, refusal, tool_calls, function_call } = delta;
    this.#refusal += toText(refusal);
    this.#addDetails(delta["reasoning_details"]);
    const thinking = this.#thinkingIn(delta);
    if (thinking === none && typeof content === "string" && !tool_calls && !function_call) {
      return this.addText(content);
    }
    const inputs = this.#addCalls(tool_calls, function_call);
    const parts = partsOf(content ?? refusal);
    const said = this.#field === undefined ? parts.flatMap((part) => this.#split(part)) : parts;
    return [...[...thinking, ...said].map((part) => this.#keep(part)), ...inputs];
  }

  #addCalls(calls: unknown, functionCall: unknown): ShownInput[] {
    if (calls) return this.#calls.addAll(calls);
    return functionCall ? this.#calls.addFunctionCall(functionCall) : [];
  }

  /** Returns text that was held back, because it could have become a tag. */
  endText(): Shown[] {
    return this.#tags.end().map((part) => this.#keep(part));
  }

  toTurn(finishReason: string | undefined, usage: Usage, secrets: readonly string[]): CompleteTurn {
    const toolCalls = this.#calls.finish();
    const blocks = this.#toBlocks(toolCalls.map(({ callId }) => callId));
    return {
      type: "turn",
      content: this.#content,
      toolCalls,
      ...(blocks && { blocks }),
      stopReason: this.#refusal === "" ? toStopReason(finishReason, toolCalls.length > 0) : "refusal",
      ...(this.#refusal !== "" && { stopMessage: cleanText(this.#refusal, secrets, 300) }),
      usage,
    };
  }

  #split(part: ShownText): ShownText[] {
    return part.type === "text" ? this.#tags.add(part.text) : [part];
  }

  #keep(part: ShownText): ShownText {
    this.#limit.addChars(part.text.length);
    if (part.type === "text") this.#content += part.text;
    else this.#thinking += part.text;
    return part;
  }

  /** Returns the thinking of a delta. Some servers send it under two names. */
  #thinkingIn(delta: JsonRecord): ShownText[] {
    for (const field of thinkingFields) {
      if (!delta[field]) continue;
      const text = partsOf(delta[field])
        .map((part) => part.text)
        .join("");
      if (text === "") continue;
      this.#field ??= field;
      return [{ type: "thinking", text }];
    }
    if (this.#details.length === 0) return none;
    const details = Array.isArray(delta["reasoning_details"])
      ? (delta["reasoning_details"] as unknown[])
      : [];
    const text = details.map((one) => (isRecord(one) ? toText(one["text"] ?? one["summary"]) : "")).join("");
    return text === "" ? none : [{ type: "thinking", text }];
  }

  /** True once all text is text: no tag can come any more. */
  get isPlain(): boolean {
    return this.#tags.isText || this.#field !== undefined;
  }

  /** Adds a piece of text: the usual delta. */
  addText(text: string): Shown | Shown[] {
    if (!this.isPlain) return this.#tags.add(text).map((part) => this.#keep(part));
    return text === "" ? none : this.#keep({ type: "text", text });
  }

  /**
   * Joins the pieces of each detail: a server streams its text, and gives its signature at the end.
   */
  #addDetails(details: unknown): void {
    if (!Array.isArray(details)) return;
    for (const piece of details as unknown[]) {
      if (!isRecord(piece)) continue;
      this.#limit.addChars(PART_CHARS);
      const last = this.#details.at(-1);
      const isSame = last && last["type"] === piece["type"] && last["index"] === piece["index"];
      if (!isSame || piece["type"] === "reasoning.encrypted") {
        this.#limit.addChars(toText(piece["data"]).length);
        this.#details.push({ ...piece });
        continue;
      }
      for (const [name, value] of Object.entries(piece)) {
        const before = last[name];
        const isText = ["text", "summary"].includes(name) && typeof before === "string";
        if (isText) last[name] = before + toText(value);
        else if (value !== null) last[name] = value;
      }
    }
  }

  #toBlocks(callIds: readonly string[]): ContentBlock[] | undefined {
    if (this.#thinking === "" && this.#details.length === 0) return undefined;
    const thinking: ContentBlock = {
      type: "thinking",
      text: this.#thinking,
      ...(this.#field !== undefined && { field: this.#field }),
      ...(this.#details.length > 0 && { details: [...this.#details] }),
    };
    return [
      thinking,
      ...(this.#content === "" ? [] : [{ type: "text" as const, text: this.#content }]),
      ...callIds.map((callId) => ({ type: "tool_call" as const, callId })),
    ];
  }
}

/**
 * Returns the usage of a report. Routers report cached tokens as part of the prompt, or beside it.
 *
 * xAI and Gemini count thinking in the total alone. Sources: vercel/ai#12425,
 * Clarifai/clarifai-python#978.
 */
function toUsage(report: JsonRecord): Usage {
  const details = isRecord(report["prompt_tokens_details"]) ? report["prompt_tokens_details"] : {};
  const cached = details["cached_tokens"] ?? report["prompt_cache_hit_tokens"] ?? report["cached_tokens"];
  const promptTokens = toCount(report["prompt_tokens"] ?? report["input_tokens"]) ?? 0;
  const cacheReadTokens = toCount(cached) ?? 0;
  const cacheWriteTokens = toCount(details["cache_write_tokens"]) ?? 0;
  const inCache = cacheReadTokens + cacheWriteTokens;
  const answerTokens = toCount(report["completion_tokens"] ?? report["output_tokens"]) ?? 0;
  const others = (toCount(report["total_tokens"]) ?? 0) - promptTokens - answerTokens;
  const thinkingTokens = others > 0 && others !== inCache ? others : 0;
  return {
    inputTokens: inCache > promptTokens ? promptTokens : promptTokens - inCache,
    outputTokens: answerTokens + thinkingTokens,
    cacheReadTokens,
    cacheWriteTokens,
  };
}
