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

/** A message that a model of the graph is writing, in a task of a step. */
interface Streaming {
  readonly id: string;
  readonly step: unknown;
  readonly task: unknown;
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
    if (mode !== "updates" || !isRecord(data)) return;
    for (const [node, updates] of Object.entries(data)) {
      if (node === "__interrupt__") this.#addInterrupts(updates);
      // A node may return several commands.
      else for (const update of [updates].flat()) yield* this.#addUpdate(update);
    }
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
    const { langgraph_step: step, langgraph_checkpoint_ns: task } = isRecord(metadata) ? metadata : {};
    if (!(yield* this.#beginTurn({ id, step, task }))) return;
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
    const isBeside = current !== undefined && current.step === next.step && current.task !== next.task;
    if (isBeside || this.#streamed.has(next.id)) return false;
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
    if (this.#streaming?.id !== id) yield* this.#writer.complete();
    this.#streaming = undefined;
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
  }
}
