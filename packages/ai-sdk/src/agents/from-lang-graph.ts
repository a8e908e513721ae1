import type { AgentInput, AgentRunner, RunEvent } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { AiSdkError, check, checkFunction } from "../shared/errors.ts";
import { decide } from "./decide.ts";
import { GraphReader } from "./graph-reader.ts";
import { GraphRuns, type ToolRun } from "./graph-runs.ts";
import { type Question, resumeOf } from "./interrupts.ts";
import { Happenings } from "./pull-parts.ts";
import { RunWriter } from "./run-writer.ts";

/** A graph of LangGraph.js 1, as far as a run needs it. */
export interface LangGraph {
  stream(
    input: never,
    config: {
      streamMode: ["messages", "updates", "tasks"];
      subgraphs: true;
      signal: AbortSignal;
      callbacks: [object];
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
  checkFunction("configurable", options.configurable);
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
  let happenings = new Happenings<unknown, ToolRun>(stop.signal);
  const runs = new GraphRuns((tool) => happenings.started(tool));
  const reader = new GraphReader(writer, runs);
  const config = {
    streamMode: ["messages", "updates", "tasks"] as ["messages", "updates", "tasks"],
    subgraphs: true as const,
    signal: stop.signal,
    callbacks: [runs.createHandler()] as [object],
    configurable: { thread_id: runId, ...options.configurable?.(input) },
  };
  yield* writer.begin();
  try {
    for (
      let next: unknown = { messages: reader.toGraphMessages(input.messages) };
      next && !stop.signal.aborted;
    ) {
      happenings = new Happenings(stop.signal);
      happenings.read(await partsOf(graph, next, config));
      for await (const happening of happenings) {
        if (happening.is === "part") yield* reader.add(happening.part);
        else if (happening.is === "start") {
          yield* reader.startTool(happening.tool);
          happening.onRecorded();
        }
      }
      if (stop.signal.aborted) break;
      yield* reader.end();
      const questions = reader.takeQuestions();
      next = questions.length > 0 ? yield* ask(questions, writer, input, stop.signal) : undefined;
      const said = next === undefined ? (input.takeSteering?.() ?? []) : [];
      for (const { role: _, ...message } of said) yield* writer.user(message);
      if (said.length > 0) next = { messages: reader.toGraphMessages(said) };
    }
    yield* writer.end(stop.signal.aborted ? "aborted" : "completed", reader.usage);
  } finally {
    signal.removeEventListener("abort", abort);
    stop.abort();
  }
}

/** @throws AiSdkError for a graph whose stream is none */
async function partsOf(
  graph: LangGraph,
  next: unknown,
  config: Parameters<LangGraph["stream"]>[1],
): Promise<AsyncIterable<unknown>> {
  const parts: unknown = await graph.stream(next as never, config);
  if (typeof Reflect.get(Object(parts), Symbol.asyncIterator) === "function")
    return parts as AsyncIterable<unknown>;
  throw new AiSdkError("INVALID_OPTION", mustBe("graph", "a graph whose `stream` returns parts", parts));
}

/** Asks a user, and returns the command that continues the graph. */
async function* ask(
  questions: readonly Question[],
  writer: RunWriter,
  input: AgentInput,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, unknown> {
  const asks = joinAsks(questions.flatMap((question) => question.asks));
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

/** Joins the questions about one call, which has one decision. */
function joinAsks(asks: Question["asks"]): Question["asks"] {
  const byCall = new Map<string, Question["asks"][number]>();
  for (const ask of asks) {
    const other = byCall.get(ask.callId);
    byCall.set(ask.callId, other ? { ...other, reason: `${other.reason}\n\n${ask.reason}` } : ask);
  }
  return [...byCall.values()];
}
