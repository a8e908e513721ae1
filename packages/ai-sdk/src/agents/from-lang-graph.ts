import { randomUUID } from "node:crypto";
import {
  type AgentInput,
  type AgentRunner,
  addUsage,
  type Message,
  noUsage,
  type RunEvent,
  type Usage,
} from "@mini-openclaw/protocol";
import { isRecord, mustBe } from "@mini-openclaw/protocol/shared";
import { AiSdkError, check } from "../shared/errors.ts";
import { decide } from "./decide.ts";
import { asksOf, type Interrupt, type Question, resumeOf } from "./interrupts.ts";
import { Happenings } from "./pull-parts.ts";
import { RunWriter, toText } from "./run-writer.ts";

// A graph does not report that its tools start. After this time without a part, they have.
const QUIET_MS = 100;

/** A graph of LangGraph.js 1, as far as a run needs it. */
export interface LangGraph {
  stream(
    input: never,
    config: {
      streamMode: ["messages", "updates"];
      signal: AbortSignal;
      configurable: Record<string, unknown>;
    },
  ): PromiseLike<AsyncIterable<unknown>>;
}

/** Settings of {@link fromLangGraph}. */
export interface LangGraphOptions {
  /**
   * Returns more of the graph's `configurable` for a run.
   * @default only `thread_id`, the run's id
   */
  configurable?: (input: AgentInput) => Record<string, unknown>;
}

/**
 * Creates an agent from a compiled graph of LangGraph.js 1 whose state has `messages`, such as that
 * of `createAgent`. An interrupt asks a user. It needs a graph with a checkpointer.
 *
 * @throws AiSdkError `INVALID_OPTION`
 * @example fromLangGraph(createAgent({ model, tools, checkpointer: new MemorySaver() }))
 */
export function fromLangGraph(graph: LangGraph, options: LangGraphOptions = {}): AgentRunner {
  check.known("fromLangGraph", options, { configurable: true });
  if (typeof Reflect.get(Object(graph), "stream") !== "function")
    throw new AiSdkError("INVALID_OPTION", mustBe("graph", "a compiled graph with `stream`", graph));
  return { run: (input) => run(graph, options, input) };
}

async function* run(
  graph: LangGraph,
  options: LangGraphOptions,
  input: AgentInput,
): AsyncGenerator<RunEvent> {
  const { runId, signal } = input;
  const stop = new AbortController();
  const abort = () => stop.abort(signal.reason);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  const writer = new RunWriter(runId);
  const reader = new GraphReader(writer);
  const config = {
    streamMode: ["messages", "updates"] as ["messages", "updates"],
    signal: stop.signal,
    configurable: { thread_id: runId, ...options.configurable?.(input) },
  };
  yield* writer.begin();
  try {
    for (
      let next: unknown = { messages: input.messages.map(toGraphMessage) };
      next && !stop.signal.aborted;
    ) {
      const happenings = new Happenings<unknown>(stop.signal, QUIET_MS);
      happenings.read(await graph.stream(next as never, config));
      for await (const happening of happenings) {
        if (happening.is === "part") yield* reader.add(happening.part);
        else yield* writer.startAll();
      }
      if (stop.signal.aborted) break;
      yield* writer.complete();
      const questions = reader.takeQuestions();
      next = questions.length > 0 ? yield* ask(questions, writer, input, stop.signal) : undefined;
      const said = next === undefined ? (input.takeSteering?.() ?? []) : [];
      for (const { role: _, ...message } of said) yield* writer.user(message);
      if (said.length > 0) next = { messages: said.map(toGraphMessage) };
    }
    yield* writer.end(stop.signal.aborted ? "aborted" : "completed", reader.usage);
  } finally {
    signal.removeEventListener("abort", abort);
    stop.abort();
  }
}

/** Asks a user, and returns the command that continues the graph. */
async function* ask(
  questions: readonly Question[],
  writer: RunWriter,
  input: AgentInput,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, unknown> {
  const asks = questions.flatMap((question) => question.asks);
  for (const { callId, toolName, isOwnCall } of asks) {
    // A question that is not about a call gets one, so that people see what they decide on.
    if (isOwnCall) writer.call(callId, toolName, {});
  }
  const decisions = yield* decide(asks, writer, input, signal);
  for (const { callId, toolName, isOwnCall } of asks) {
    if (!isOwnCall || decisions.get(callId) !== true) continue;
    yield* writer.start(callId);
    yield* writer.result({ callId, toolName, output: "Allowed.", isError: false });
  }
  const { Command } = await import("@langchain/langgraph");
  return new Command({ resume: resumeOf(questions, decisions) });
}

/** Reads the parts of a graph's stream. */
class GraphReader {
  readonly #writer: RunWriter;
  readonly #seen = new Set<string>();
  readonly #callIds = new Map<string, { callId: string; toolName: string }>();
  #interrupts: Interrupt[] = [];
  #usage: Usage = noUsage;

  constructor(writer: RunWriter) {
    this.#writer = writer;
  }

  get usage(): Usage {
    return this.#usage;
  }

  /** Returns the questions of the graph's interrupts. */
  takeQuestions(): Question[] {
    const open = this.#writer.openCalls();
    const questions = this.#interrupts.map((interrupt) => asksOf(interrupt, open));
    this.#interrupts = [];
    return questions;
  }

  *add(part: unknown): Generator<RunEvent> {
    if (!Array.isArray(part)) return;
    const [mode, data] = part as [unknown, unknown];
    if (mode === "messages" && Array.isArray(data)) yield* this.#addPiece(data[0]);
    if (mode !== "updates" || !isRecord(data)) return;
    for (const [node, update] of Object.entries(data)) {
      if (node === "__interrupt__" && Array.isArray(update))
        this.#interrupts.push(...(update as Interrupt[]));
      if (!isRecord(update)) continue;
      for (const message of [update["messages"]].flat()) yield* this.#addMessage(message);
    }
  }

  /** A piece of a message that the model is writing. */
  *#addPiece(piece: unknown): Generator<RunEvent> {
    if (!isGraphMessage(piece) || piece.type !== "ai" || this.#seen.has(piece.id ?? "")) return;
    yield* this.#writer.thinking(contentOf(piece, "thinking"));
    yield* this.#writer.text(contentOf(piece, "text"));
    for (const { id, name, args = "", index = 0 } of piece.tool_call_chunks ?? []) {
      const key = `${piece.id}:${index}`;
      if (id && name) this.#callIds.set(key, { callId: id, toolName: name });
      const call = this.#callIds.get(key);
      if (call) yield* this.#writer.input(call.callId, call.toolName, args);
    }
  }

  /** A whole message that a node has added. Nodes may return a message again. */
  *#addMessage(added: unknown): Generator<RunEvent> {
    const message = toTyped(added);
    if (!isGraphMessage(message)) return;
    const { id = randomUUID(), type } = message;
    if (this.#seen.has(id)) return;
    if (type === "ai") {
      this.#seen.add(id);
      yield* this.#writer.restOfText(contentOf(message, "text"));
      for (const call of message.tool_calls ?? [])
        this.#writer.call(call.id ?? randomUUID(), call.name, call.args);
      yield* this.#writer.complete();
      this.#usage = addUsage(this.#usage, toUsage(message.usage_metadata));
    }
    if (type !== "tool" || message.tool_call_id === undefined) return;
    this.#seen.add(id);
    const { tool_call_id: callId, name: toolName = "", status } = message;
    yield* this.#writer.start(callId);
    const output = contentOf(message, "text");
    yield* this.#writer.result({ callId, toolName, output, isError: status === "error" });
  }
}

/** A message of LangChain, with the fields that a run needs. */
interface GraphMessage {
  type: string;
  id?: string;
  content: unknown;
  name?: string;
  tool_calls?: { id?: string; name: string; args: unknown }[];
  tool_call_chunks?: { id?: string; name?: string; args?: string; index?: number }[];
  tool_call_id?: string;
  status?: string;
  usage_metadata?: GraphUsage;
}

interface GraphUsage {
  input_tokens?: number;
  output_tokens?: number;
  input_token_details?: { cache_read?: number; cache_creation?: number };
}

function isGraphMessage(value: unknown): value is GraphMessage {
  return typeof value === "object" && value !== null && "type" in value && "content" in value;
}

/** Returns a message by role, which a node may add too, in the form of a message of LangChain. */
function toTyped(message: unknown): unknown {
  if (!isRecord(message) || "type" in message) return message;
  return { ...message, type: message["role"] === "assistant" ? "ai" : message["role"] };
}

function contentOf({ content }: GraphMessage, kind: "text" | "thinking"): string {
  if (typeof content === "string") return kind === "text" ? content : "";
  if (!Array.isArray(content)) return kind === "text" ? toText(content) : "";
  const fields = kind === "text" ? ["text"] : ["thinking", "reasoning"];
  return content
    .flatMap((block: unknown) => (isRecord(block) ? fields.map((field) => block[field]) : []))
    .filter((text) => typeof text === "string")
    .join("");
}

function toUsage({ input_tokens = 0, output_tokens = 0, input_token_details = {} }: GraphUsage = {}): Usage {
  const { cache_read: cacheReadTokens = 0, cache_creation: cacheWriteTokens = 0 } = input_token_details;
  const inputTokens = Math.max(0, input_tokens - cacheReadTokens - cacheWriteTokens);
  return { inputTokens, outputTokens: output_tokens, cacheReadTokens, cacheWriteTokens };
}

/** Returns a message of a session for a graph. */
function toGraphMessage(message: Message): object {
  const { content } = message;
  switch (message.role) {
    case "user":
      return { role: "user", content };
    case "system":
      return { role: "user", content };
    case "assistant": {
      const tool_calls = (message.toolCalls ?? []).map(({ callId, toolName, input }) => {
        return { id: callId, name: toolName, args: input, type: "tool_call" };
      });
      return { role: "assistant", content, tool_calls };
    }
    case "tool": {
      const status = message.isError ? "error" : "success";
      return { role: "tool", content, tool_call_id: message.callId, name: message.toolName, status };
    }
  }
}
