import { randomUUID } from "node:crypto";
import { addUsage, type Message, noUsage, type RunEvent, type Usage } from "@mini-openclaw/protocol";
import { isRecord } from "@mini-openclaw/protocol/shared";
import { AiSdkError } from "../shared/errors.ts";
import {
  contentOf,
  type GraphMessage,
  graphFilesOf,
  isGraphMessage,
  isGraphPiece,
  toGraphMessage,
  toTyped,
  toUsage,
} from "./graph-messages.ts";
import type { GraphRuns, ModelRun, ToolRun } from "./graph-runs.ts";
import { type Interrupt, isReview, type Question, takeAsks } from "./interrupts.ts";
import { withPairedCalls } from "./model-messages.ts";
import type { RunWriter } from "./run-writer.ts";

/** The origin of a message. */
interface Origin {
  /** The task of the model, below those of the graphs around it: `name:id|name:id`. */
  readonly task: string;
  readonly step?: unknown;
  /** The run of the model. It is unknown if the app's graph changes `callbacks`. */
  readonly run?: ModelRun | undefined;
}

/** A piece of a message that a model is writing, or a whole message that a node has added. */
interface Item {
  readonly message: GraphMessage;
  readonly id: string;
  readonly isWhole: boolean;
  readonly origin: Origin;
}

/** Reads the parts of a graph's stream. */
export class GraphReader {
  readonly #writer: RunWriter;
  readonly #runs: GraphRuns;
  /** The messages that the session has, or that are a part of a tool's work. */
  readonly #known = new Set<string>();
  /** The text of messages as far as it was streamed, by id. */
  readonly #streamed = new Map<string, string>();
  readonly #origins = new Map<string, Origin>();
  readonly #callIds = new Map<string, { callId: string; toolName: string }>();
  readonly #interrupts = new Map<string, Interrupt>();
  /** The tasks of tools that turns have called. Messages within them are no turns. */
  readonly #toolTasks = new Set<string>();
  /** The messages that the models within tools write, by tool. */
  readonly #inner = new Map<ToolRun, string>();
  /** Parts of other messages, which came while a model wrote or while tools of its turn ran. */
  #held: Item[] = [];
  /** The message that streams. */
  #streaming: Item | undefined;
  /** The origin of the newest turn with tool calls. */
  #calling: Origin | undefined;
  #usage: Usage = noUsage;

  constructor(writer: RunWriter, runs: GraphRuns) {
    this.#writer = writer;
    this.#runs = runs;
  }

  /** The usage of all models, and of messages that nodes have made without a model. */
  get usage(): Usage {
    return addUsage(this.#usage, this.#runs.usage);
  }

  /** Returns messages of the session for the graph, whose nodes may return them again. */
  toGraphMessages(messages: readonly Message[]): object[] {
    return withPairedCalls(messages).map((message) => {
      const id = randomUUID();
      this.#known.add(id);
      return { ...toGraphMessage(message), id };
    });
  }

  /**
   * Returns the questions of the graph's interrupts, those about calls of the turn first. The graph
   * asks the others again when it continues.
   */
  takeQuestions(): Question[] {
    const open = this.#writer.openCalls();
    // Reviews name the tools of their calls, so that other questions are about what is left.
    const interrupts = [...this.#interrupts.values()].sort(
      (a, b) => Number(isReview(b)) - Number(isReview(a)),
    );
    const questions = interrupts.map((interrupt) => takeAsks(interrupt, open));
    this.#interrupts.clear();
    const isOfTurn = ({ asks }: Question) => !asks.some(({ isOwnCall }) => isOwnCall);
    return questions.some(isOfTurn) ? questions.filter(isOfTurn) : questions;
  }

  /** Starts a tool. Without the id of its call, it may be any call of the turn. */
  *startTool({ callId, task }: ToolRun): Generator<RunEvent> {
    if (callId === undefined) yield* this.#writer.startAll();
    else if (this.#writer.isOpen(callId)) yield* this.#writer.start(callId);
    if (callId !== undefined || this.#writer.isBusy()) this.#toolTasks.add(task);
  }

  /** Adds a part, which begins with the names of its subgraphs. */
  *add(part: unknown): Generator<RunEvent> {
    const [names, mode, data] = (Array.isArray(part) ? part : []) as [unknown, unknown, unknown];
    if (mode === "messages" && Array.isArray(data)) yield* this.#addPart(data[0], data[1]);
    if (mode === "tasks" && isRecord(data) && isOver(data)) yield* this.#endTask(String(data["id"]));
    if (mode !== "updates" || !isRecord(data)) return;
    const graph = Array.isArray(names) ? names.join("|") : "";
    for (const [node, updates] of Object.entries(data)) {
      if (node === "__interrupt__") this.#addInterrupts(updates);
      // A node may return several commands.
      else for (const update of [updates].flat()) yield* this.#addUpdate(update, graph);
    }
  }

  /** Completes what is left at the end of the graph's stream. Calls that ask stay open. */
  *end(): Generator<RunEvent> {
    if (this.#streaming) yield* this.#release();
    while (this.#interrupts.size === 0 && (this.#streaming || this.#held.length > 0)) {
      this.#calling = undefined;
      yield* this.#release();
    }
  }

  /** A message that its node did not add is over with its task, and so are calls of a graph. */
  *#endTask(id: string): Generator<RunEvent> {
    const isOf = (origin: Origin | undefined) => `${origin?.task}|`.includes(`:${id}|`);
    const isOver = isOf(this.#calling) && !this.#calling?.task.endsWith(`:${id}`);
    if (isOver) this.#calling = undefined;
    if (isOver || isOf(this.#streaming?.origin)) yield* this.#release();
  }

  /** Completes the message that streams, and adds what waited for that. */
  *#release(): Generator<RunEvent> {
    if (this.#streaming) yield* this.#writer.complete();
    this.#streaming = undefined;
    const held = this.#held;
    this.#held = [];
    for (const item of held) yield* this.#addItem(item);
  }

  #isOfTool(path: string): boolean {
    return [...this.#toolTasks].some((task) => `${path}|`.startsWith(`${task}|`));
  }

  /** Adds interrupts. That of a subgraph comes once for each graph around it. */
  #addInterrupts(interrupts: unknown): void {
    if (Array.isArray(interrupts) && interrupts.length === 0)
      throw new AiSdkError(
        "INVALID_OPTION",
        "The graph must not have `interruptBefore` or `interruptAfter`. Call `interrupt` in a node.",
      );
    for (const interrupt of [interrupts].flat() as Interrupt[])
      this.#interrupts.set(interrupt.id ?? randomUUID(), interrupt);
  }

  /** Adds the whole messages of a node. Nodes may return a message again. */
  *#addUpdate(update: unknown, graph: string): Generator<RunEvent> {
    if (!isRecord(update) || this.#isOfTool(graph)) return;
    for (const added of [update["messages"]].flat()) {
      const message = toTyped(added);
      if (!isGraphMessage(message)) continue;
      const { id = randomUUID() } = message;
      const origin = this.#origins.get(id) ?? { task: `${graph}|` };
      yield* this.#addItem({ message, id, isWhole: true, origin });
    }
  }

  *#addPart(message: unknown, metadata: unknown): Generator<RunEvent> {
    // A message that is whole comes with the update of its node, too.
    if (!isGraphPiece(message) || message.type !== "ai") return;
    const { id = "" } = message;
    const { langgraph_checkpoint_ns, langgraph_step: step } = isRecord(metadata) ? metadata : {};
    const run = this.#runs.readPiece(message);
    const origin = { task: String(langgraph_checkpoint_ns), step, run };
    this.#origins.set(id, origin);
    const item = { message, id, isWhole: false, origin };
    if (run?.tool && this.#isOfTool(origin.task)) yield* this.#addOutput(item, run.tool);
    else yield* this.#addItem(item);
  }

  /** A piece of a model that works for a tool: an output of that tool so far. */
  *#addOutput({ id, message }: Item, tool: ToolRun): Generator<RunEvent> {
    this.#known.add(id);
    const text = contentOf(message, "text");
    if (tool.callId === undefined || text === "") return;
    const before = this.#inner.get(tool) ?? id;
    this.#inner.set(tool, id);
    yield* this.#writer.progress(tool.callId, before === id ? text : `\n\n${text}`);
  }

  *#addItem(item: Item): Generator<RunEvent> {
    if (this.#known.has(item.id)) return;
    if (this.#mustWait(item)) {
      this.#held.push(item);
      return;
    }
    if (this.#streaming && this.#streaming.id !== item.id && item.message.type === "ai") {
      yield* this.#release();
      // A message that waited may stream now.
      return yield* this.#addItem(item);
    }
    if (!item.isWhole) yield* this.#addPiece(item);
    else if (item.message.type === "ai") yield* this.#addAnswer(item);
    else if (item.message.type === "tool") yield* this.#addResult(item);
  }

  /** Returns true while an item would split the message that streams, or come before a result. */
  #mustWait({ id, isWhole, message, origin }: Item): boolean {
    const current = this.#streaming;
    if (current?.id === id) return false;
    if (current) return isWhole || isWriting(current.origin) || isBeside(current.origin, origin);
    const isResult = message.type === "tool";
    if (isResult) return this.#held.length > 0 && !this.#writer.isOpen(message.tool_call_id ?? "");
    const calling = this.#calling;
    if (!calling || this.#writer.openCalls().length === 0) return false;
    if (this.#writer.isBusy() || calling.run?.graph !== origin.run?.graph) return true;
    return calling.step === origin.step;
  }

  *#addPiece(item: Item): Generator<RunEvent> {
    const { id, message } = item;
    this.#streaming = item;
    const text = contentOf(message, "text");
    this.#streamed.set(id, (this.#streamed.get(id) ?? "") + text);
    yield* this.#writer.thinking(contentOf(message, "thinking"));
    yield* this.#writer.text(text);
    for (const { id: callId, name: toolName, args = "", index = 0 } of message.tool_call_chunks ?? []) {
      const key = `${id}:${index}`;
      if (callId && toolName) this.#callIds.set(key, { callId, toolName });
      const call = this.#callIds.get(key);
      if (call) yield* this.#writer.input(call.callId, call.toolName, args);
    }
  }

  *#addResult({ id, message }: Item): Generator<RunEvent> {
    const { tool_call_id: callId, status } = message;
    if (callId === undefined) return;
    this.#known.add(id);
    const call = this.#writer.openCalls().find((open) => open.callId === callId);
    const toolName = message.name ?? call?.toolName ?? "";
    yield* this.#writer.start(callId);
    const output = contentOf(message, "text");
    yield* this.#writer.result({ callId, toolName, output, isError: status === "error" });
    if (this.#writer.openCalls().length === 0) yield* this.#release();
  }

  *#addAnswer({ id, message, origin }: Item): Generator<RunEvent> {
    this.#known.add(id);
    const streamed = this.#streamed.get(id);
    if (streamed === undefined) yield* this.#writer.thinking(contentOf(message, "thinking"));
    const text = contentOf(message, "text");
    if (text.startsWith(streamed ?? "")) yield* this.#writer.text(text.slice(streamed?.length ?? 0));
    for (const file of graphFilesOf(message)) {
      if ("url" in file) yield* this.#writer.text(`\n[${file.type}: ${file.url}]`);
      else this.#writer.file(file.mediaType, file.data, file.name);
    }
    for (const call of message.tool_calls ?? [])
      this.#writer.call(call.id ?? randomUUID(), call.name, call.args);
    if (!this.#runs.hasCounted(message)) this.#usage = addUsage(this.#usage, toUsage(message.usage_metadata));
    this.#calling = origin;
    yield* this.#writer.complete();
    yield* this.#release();
  }
}

/** Returns true for the end of a task. A task that asks is not over. */
function isOver({ result, interrupts }: Record<string, unknown>): boolean {
  return result !== undefined && !(Array.isArray(interrupts) && interrupts.length > 0);
}

/** Returns true while pieces of a message may follow. */
function isWriting({ run }: Origin): boolean {
  return run !== undefined && !(run.isOver && run.read === run.written);
}

/** Returns true if two tasks may run at once: neither of them is a part of the other one. */
function isBeside({ task: one }: Origin, { task: other }: Origin): boolean {
  return !`${one}|`.startsWith(`${other}|`) && !`${other}|`.startsWith(`${one}|`);
}
