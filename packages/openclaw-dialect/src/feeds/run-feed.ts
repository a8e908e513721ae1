import type {
  AssistantMessageEvent,
  MessageEntry,
  NumberedEvent,
  RunEndEvent,
  RunStartEvent,
  ToolDoneEvent,
} from "@mini-openclaw/protocol";
import { describeEnd } from "../wire/run-end.ts";
import { DelayedCall } from "./delayed-call.ts";
import { JoinedText, type TextPart } from "./joined-text.ts";
import type { RunEnds } from "./run-ends.ts";

/** The session of a run, and the way to its client. */
export interface RunFeedDeps {
  readonly sessionKey: string;
  readonly joinMs: number;
  readonly runEnds: RunEnds;
  readonly emit: (event: string, payload: object) => void;
}

/** A turn of the model while its text grows. */
interface Turn {
  readonly messageId: string;
  readonly text: JoinedText;
  readonly thinking: JoinedText;
}

/** A tool call whose result is not there yet. */
interface OpenTool {
  readonly name: string;
  readonly output: JoinedText;
}

/** A run as a client that joins it gets it. */
export interface InFlightRun {
  readonly runId: string;
  /** The text of the current turn so far. */
  readonly text: string;
  readonly startedAt: number;
}

/** Translates the events of one run to those of OpenClaw's protocol. */
export class RunFeed {
  /** The id by which clients know the run: that of its request, or our own. */
  readonly id: string;
  readonly #deps: RunFeedDeps;
  readonly #tools = new Map<string, OpenTool>();
  /** The ids of messages that steered the run. Their runs end with it. */
  readonly #steeredBy = new Set<string>();
  /** The announcement of the run, until it is sent. */
  #start: DelayedCall | undefined;
  #turn: Turn | undefined;
  #startedAt: number | undefined;
  /** The text of the newest complete turn. */
  #said = "";
  #isFirstTurn = true;

  /** `startedAt` is set for a run that was active before. */
  constructor(id: string, deps: RunFeedDeps, startedAt?: number) {
    this.id = id;
    this.#deps = deps;
    this.#startedAt = startedAt;
  }

  /** The run, once it has started. */
  get inFlight(): InFlightRun | undefined {
    if (this.#startedAt === undefined) return undefined;
    return { runId: this.id, text: this.#turn?.text.text ?? "", startedAt: this.#startedAt };
  }

  /** Notes a message that was recorded before the first event. */
  addPast(message: MessageEntry): void {
    if (message.role === "user") this.addMessage(message.requestId);
    if (message.role !== "assistant") return;
    this.#said = message.content;
    this.#isFirstTurn = false;
  }

  /** Notes the id of a message that entered the run. */
  addMessage(requestId: string | undefined): void {
    if (requestId !== undefined && requestId !== this.id) this.#steeredBy.add(requestId);
  }

  /** Returns true for the id of a message that has steered the run. */
  hasMessage(requestId: string): boolean {
    return this.#steeredBy.has(requestId);
  }

  onEvent(event: NumberedEvent): void {
    switch (event.type) {
      case "run_start":
        return this.#begin(event);
      case "chunk":
        return this.#turnOf(event.messageId).text.add(event.content, event.seq);
      case "thinking":
        return this.#turnOf(event.messageId).thinking.add(event.content, event.seq);
      case "assistant_message":
        return this.#completeTurn(event);
      case "tool_start": {
        const { toolName: name, callId: toolCallId, input: args } = event;
        this.#openTool(toolCallId, name);
        return this.#agent(event.seq, "tool", { phase: "start", name, toolCallId, args });
      }
      case "tool_output":
        return this.#openTool(event.callId).output.add(event.content, event.seq);
      case "tool_done":
        return this.#endTool(event);
      case "retry":
        this.#endTurn();
        return this.#chat(event.seq, { state: "status", phase: "starting_model" });
      case "run_end":
        return this.#end(event);
      // The session's feed has these, or OpenClaw's clients do not get them.
      case "user_message":
      case "message_queued":
      case "approval_request":
      case "approval_done":
      case "compaction":
      case "message_done":
      case "tool_input":
      case "run_error":
      case "session_updated":
      case "todo_updated":
        return;
    }
  }

  /** Sends no more. */
  close(): void {
    this.#start?.cancel();
    this.#turn?.text.close();
    this.#turn?.thinking.close();
    for (const { output } of this.#tools.values()) output.close();
  }

  /**
   * Announces the run, after its first chat event if that comes soon. OpenClaw's terminal stays
   * busy for ever if a run is announced and ends before it has processed the response to its
   * message.
   */
  #begin({ timestamp: startedAt, seq }: NumberedEvent & RunStartEvent): void {
    this.#startedAt = startedAt;
    this.#start = new DelayedCall(this.#deps.joinMs, () => {
      this.#start = undefined;
      this.#agent(seq, "lifecycle", { phase: "start", startedAt });
    });
  }

  #turnOf(messageId: string): Turn {
    if (this.#turn?.messageId === messageId) return this.#turn;
    this.#endTurn();
    const { joinMs } = this.#deps;
    const isFirst = this.#isFirstTurn;
    this.#turn = {
      messageId,
      text: new JoinedText(joinMs, (part) => this.#sendText(part, isFirst)),
      thinking: new JoinedText(joinMs, ({ text, delta, seq }) =>
        this.#agent(seq, "thinking", { text, delta }),
      ),
    };
    return this.#turn;
  }

  /** Sends the rest of a turn's text. A client that read slowly has not got all pieces of it. */
  #completeTurn({ id, content, seq }: NumberedEvent & AssistantMessageEvent): void {
    const { text } = this.#turnOf(id);
    if (content.startsWith(text.text)) text.add(content.slice(text.text.length), seq);
    this.#endTurn();
    this.#said = content;
  }

  #endTurn(): void {
    if (this.#turn?.text.text) this.#isFirstTurn = false;
    this.#turn?.thinking.flush();
    this.#turn?.text.flush();
    this.#turn = undefined;
  }

  #sendText({ text, delta, seq }: TextPart, isFirstTurn: boolean): void {
    // The text of a later turn replaces that of the earlier one.
    const replaces = !isFirstTurn && delta.length === text.length;
    const message = toMessage(text);
    this.#chat(seq, { state: "delta", deltaText: delta, message, ...(replaces && { replace: true }) });
    this.#agent(seq, "assistant", { text, delta });
  }

  #openTool(toolCallId: string, name = "tool"): OpenTool {
    const known = this.#tools.get(toolCallId);
    if (known) return known;
    const output = new JoinedText(this.#deps.joinMs, ({ text, seq }) =>
      this.#agent(seq, "tool", { phase: "update", name, toolCallId, partialResult: toResult(text) }),
    );
    const tool = { name, output };
    this.#tools.set(toolCallId, tool);
    return tool;
  }

  #endTool(event: NumberedEvent & ToolDoneEvent): void {
    const { callId: toolCallId, toolName: name, isError, output, exitCode, durationMs } = event;
    this.#tools.get(toolCallId)?.output.flush();
    this.#tools.delete(toolCallId);
    const details = {
      ...(exitCode !== undefined && { exitCode }),
      ...(durationMs !== undefined && { durationMs }),
    };
    const result = { ...toResult(output), ...(Object.keys(details).length > 0 && { details }) };
    this.#agent(event.seq, "tool", { phase: "result", name, toolCallId, isError, result });
  }

  #end(event: NumberedEvent & RunEndEvent): void {
    this.#endTurn();
    const { outcome, error, seq, timestamp: endedAt } = event;
    const text = this.#said;
    const message = text === "" ? {} : { message: toMessage(text) };
    const { lifecycle, chat } = describeEnd(event);
    for (const runId of [this.id, ...this.#steeredBy]) {
      const isAnnounced = this.#start === undefined;
      if (isAnnounced) this.#agent(seq, "lifecycle", lifecycle, runId);
      this.#chat(seq, { ...chat, ...(runId === this.id && message) }, runId);
      if (!isAnnounced) this.#agent(seq, "lifecycle", lifecycle, runId);
      const { sessionKey, runEnds } = this.#deps;
      runEnds.note(runId, { sessionKey, outcome, endedAt, startedAt: this.#startedAt, error, text });
    }
    this.close();
  }

  #agent(seq: number, stream: string, data: object, runId = this.id): void {
    const { sessionKey, emit } = this.#deps;
    emit("agent", { runId, sessionKey, seq, stream, ts: Date.now(), data });
  }

  #chat(seq: number, payload: object, runId = this.id): void {
    const { sessionKey, emit } = this.#deps;
    emit("chat", { runId, sessionKey, seq, ...payload });
    this.#start?.now();
  }
}

function toResult(text: string): object {
  return { content: [{ type: "text", text }] };
}

function toMessage(text: string): object {
  return { role: "assistant", ...toResult(text), timestamp: Date.now() };
}
