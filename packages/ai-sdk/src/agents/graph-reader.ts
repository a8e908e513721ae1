import { randomUUID } from "node:crypto";
import { addUsage, type Message, noUsage, type RunEvent, type Usage } from "@mini-openclaw/protocol";
import { isRecord } from "@mini-openclaw/protocol/shared";
import { graphFilesOf } from "./graph-files.ts";
import {
  contentOf,
  type GraphMessage,
  isGraphMessage,
  isGraphPiece,
  toGraphMessage,
  toTyped,
  toUsage,
} from "./graph-messages.ts";
import { type Interrupt, type Question, takeAsks } from "./interrupts.ts";
import { withPairedCalls } from "./model-messages.ts";
import type { RunWriter } from "./run-writer.ts";

/** A message that a model of the graph is writing. */
interface Streaming {
  readonly id: string;
  /** The task of the model, below those of the graphs around it: `name:id|name:id`. */
  readonly task: string;
}

/** Reads the parts of a graph's stream. */
export class GraphReader {
  readonly #writer: RunWriter;
  /** The messages that the session has. */
  readonly #known = new Set<string>();
  /** The text of messages as far as it was streamed, by id. */
  readonly #streamed = new Map<string, string>();
  readonly #callIds = new Map<string, { callId: string; toolName: string }>();
  readonly #interrupts = new Map<string, Interrupt>();
  /** Messages of which a beginning was not streamed, by id. They are added when they are whole. */
  readonly #unstreamed = new Set<string>();
  /** Whole messages of other tasks, which came while a model wrote. They follow its message. */
  #held: unknown[] = [];
  #streaming: Streaming | undefined;
  #usage: Usage = noUsage;

  constructor(writer: RunWriter) {
    this.#writer = writer;
  }

  get usage(): Usage {
    return this.#usage;
  }

  /** Returns messages of the session for the graph, whose nodes may return them again. */
  toGraphMessages(messages: readonly Message[]): object[] {
    return withPairedCalls(messages).map((message) => {
      const id = randomUUID();
      this.#known.add(id);
      return { ...toGraphMessage(message), id };
    });
  }

  /** Returns the questions of the graph's interrupts. */
  takeQuestions(): Question[] {
    const open = this.#writer.openCalls();
    const questions = [...this.#interrupts.values()].map((interrupt) => takeAsks(interrupt, open));
    this.#interrupts.clear();
    return questions;
  }

  /** Adds a part, which begins with the names of its subgraphs. */
  *add(part: unknown): Generator<RunEvent> {
    const [mode, data] = (Array.isArray(part) ? part.slice(-2) : []) as [unknown, unknown];
    if (mode === "messages" && Array.isArray(data)) yield* this.#addPiece(data[0], data[1]);
    if (mode === "tasks" && isRecord(data) && "result" in data) yield* this.#endTask(String(data["id"]));
    if (mode !== "updates" || !isRecord(data)) return;
    for (const [node, updates] of Object.entries(data)) {
      if (node === "__interrupt__") this.#addInterrupts(updates);
      // A node may return several commands.
      else for (const update of [updates].flat()) yield* this.#addUpdate(update);
    }
  }

  /** Completes what is left at the end of the graph's stream. */
  *end(): Generator<RunEvent> {
    yield* this.#writer.complete();
    yield* this.#release();
  }

  /** A message that its node did not add is over with its task. */
  *#endTask(id: string): Generator<RunEvent> {
    const tasks = this.#streaming?.task.split("|") ?? [];
    if (!tasks.some((task) => task.endsWith(`:${id}`))) return;
    yield* this.#writer.complete();
    yield* this.#release();
  }

  /** Adds the messages that waited for the one that streamed. */
  *#release(): Generator<RunEvent> {
    this.#streaming = undefined;
    const held = this.#held;
    this.#held = [];
    for (const message of held) yield* this.#addMessage(message);
  }

  /** Adds interrupts. That of a subgraph comes once for each graph around it. */
  #addInterrupts(interrupts: unknown): void {
    for (const interrupt of [interrupts].flat() as Interrupt[])
      this.#interrupts.set(interrupt.id ?? randomUUID(), interrupt);
  }

  *#addUpdate(update: unknown): Generator<RunEvent> {
    if (!isRecord(update)) return;
    for (const message of [update["messages"]].flat()) yield* this.#addMessage(message);
  }

  /** A piece of a message that the model is writing. */
  *#addPiece(piece: unknown, metadata: unknown): Generator<RunEvent> {
    // A message that is whole comes with the update of its node, too.
    if (!isGraphPiece(piece) || piece.type !== "ai" || this.#known.has(piece.id ?? "")) return;
    const { id = "" } = piece;
    const task = isRecord(metadata) ? String(metadata["langgraph_checkpoint_ns"]) : "";
    if (!(yield* this.#beginTurn({ id, task }))) return;
    const text = contentOf(piece, "text");
    this.#streamed.set(id, (this.#streamed.get(id) ?? "") + text);
    yield* this.#writer.thinking(contentOf(piece, "thinking"));
    yield* this.#writer.text(text);
    for (const { id: callId, name: toolName, args = "", index = 0 } of piece.tool_call_chunks ?? []) {
      const key = `${id}:${index}`;
      if (callId && toolName) this.#callIds.set(key, { callId, toolName });
      const call = this.#callIds.get(key);
      if (call) yield* this.#writer.input(call.callId, call.toolName, args);
    }
  }

  /**
   * Begins the turn of a message, unless the message has begun. Returns false for a message that is
   * added when it is whole, because one of another task streams at the same time.
   */
  *#beginTurn(next: Streaming): Generator<RunEvent, boolean> {
    const current = this.#streaming;
    if (current?.id === next.id) return true;
    if (this.#unstreamed.has(next.id)) return false;
    if ((current && isBeside(current, next)) || this.#streamed.has(next.id)) {
      this.#unstreamed.add(next.id);
      return false;
    }
    yield* this.#writer.complete();
    this.#streaming = next;
    return true;
  }

  /** A whole message that a node has added. Nodes may return a message again. */
  *#addMessage(added: unknown): Generator<RunEvent> {
    const message = toTyped(added);
    if (!isGraphMessage(message)) return;
    const { id = randomUUID(), type } = message;
    if (this.#known.has(id)) return;
    if (this.#streaming && this.#streaming.id !== id) {
      this.#held.push(message);
      return;
    }
    if (type === "ai") {
      this.#known.add(id);
      yield* this.#addAnswer(id, message);
    }
    if (type !== "tool" || message.tool_call_id === undefined) return;
    this.#known.add(id);
    const { tool_call_id: callId, status } = message;
    const call = this.#writer.openCalls().find((open) => open.callId === callId);
    const toolName = message.name ?? call?.toolName ?? "";
    yield* this.#writer.start(callId);
    const output = contentOf(message, "text");
    yield* this.#writer.result({ callId, toolName, output, isError: status === "error" });
  }

  *#addAnswer(id: string, message: GraphMessage): Generator<RunEvent> {
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
    yield* this.#writer.complete();
    this.#usage = addUsage(this.#usage, toUsage(message.usage_metadata));
    yield* this.#release();
  }
}

/** Returns true if two tasks may run at once: neither of them is a part of the other one. */
function isBeside({ task: one }: Streaming, { task: other }: Streaming): boolean {
  return !`${one}|`.startsWith(`${other}|`) && !`${other}|`.startsWith(`${one}|`);
}
