import type {
  ApprovalRequestEvent,
  AssistantMessageEvent,
  NumberedEvent,
  RunEndEvent,
  RunEvent,
  ToolDoneEvent,
  ToolInputEvent,
} from "@mini-openclaw/protocol";
import type { UiChunk } from "../shared/ui-chunk.ts";
import { type FileUrl, toUserParts } from "../shared/user-parts.ts";
import { finishReasons } from "./finish-reasons.ts";
import { OpenTurn } from "./open-turn.ts";
import { type ToolCall, ToolCalls } from "./tool-calls.ts";

/** An event of a run, as an agent yields it or as a gateway recorded it. */
export type RunSource = Extract<RunEvent | NumberedEvent, { runId: string }>;

/**
 * The translation of one run's events to the chunks of one message. It has no clock and no I/O:
 * {@link RunFeed} decides when the output of running tools is sent.
 */
export class RunChunks {
  readonly #emit: (chunk: UiChunk) => void;
  readonly #fileUrl: FileUrl | undefined;
  readonly #calls = new ToolCalls();
  /** The newest calls that have asked, by id. Models may use an id again in a later turn. */
  readonly #asked = new Map<string, { call: ToolCall; count: number }>();
  #isStarted = false;
  #turn: OpenTurn | undefined;
  #seq: number | undefined;
  #error: string | undefined;

  constructor(emit: (chunk: UiChunk) => void, fileUrl?: FileUrl) {
    this.#emit = emit;
    this.#fileUrl = fileUrl;
  }

  /**
   * Returns true if the run continues only when a user has decided on its tool calls. Calls in
   * `answered` need no decision.
   */
  isWaiting(answered?: ReadonlySet<string>): boolean {
    return this.#calls.isWaiting(answered);
  }

  /** Emits the chunks of an event. Events of other runs must not come here. */
  add(event: RunSource): void {
    if ("seq" in event) this.#seq = event.seq;
    switch (event.type) {
      case "message_queued":
        return this.#emit({ type: "data-queued", data: { content: event.content }, transient: true });
      case "user_message":
        if (!this.#isStarted) return this.#start(event);
        this.#closePart();
        return this.#emit({
          type: "steering-message",
          id: event.requestId ?? event.id,
          parts: toUserParts(event, this.#fileUrl),
        });
      case "run_start":
        return this.#start(event);
      case "chunk":
        return this.#write("text", event);
      case "thinking":
        return this.#write("reasoning", event);
      case "tool_input":
        return this.#writeInput(event);
      case "assistant_message":
        return this.#endTurn(event);
      case "tool_start": {
        const call = this.#show(event);
        call.state = "runs";
        return;
      }
      case "tool_output": {
        const call = this.#calls.find(event.callId);
        if (!call || event.content === "") return;
        call.output += event.content;
        call.hasNewOutput = true;
        return;
      }
      case "approval_request":
        return this.#ask(event);
      case "approval_done": {
        const { callId, decision } = event;
        const call = this.#calls.find(callId);
        if (call?.state !== "asks") return;
        call.state = decision === "deny" ? "denied" : "runs";
        return this.#emitOf(call, {
          type: "tool-approval-response",
          approvalId: call.approvalId,
          approved: decision !== "deny",
        });
      }
      case "tool_done":
        return this.#endCall(event);
      case "compaction":
        this.#start(event);
        this.#closePart();
        return this.#emit({ type: "data-compaction", id: event.id, data: { content: event.content } });
      case "retry": {
        const { attempt, delayMs, code } = event;
        // The model writes the turn anew.
        if (this.#calls.written().length > 0) this.#showAgain();
        return this.#emit({ type: "data-retry", data: { attempt, delayMs, code }, transient: true });
      }
      case "error":
      case "run_error":
        this.#error = `${event.code}: ${event.message}`;
        return;
      case "run_end":
        return this.#finish(event);
      case "todo_updated":
      case "message_done":
        return;
    }
  }

  /** Emits new output of running tools. Returns false if there is none. */
  emitOutput(): boolean {
    const outputs = this.#calls.takeNewOutput();
    for (const [toolCallId, output] of outputs) {
      const fields = { toolCallId, dynamic: true, providerExecuted: true } as const;
      this.#emit({ type: "tool-output-available", ...fields, output, preliminary: true });
    }
    return outputs.length > 0;
  }

  /** Ends the message before its run, because clients send a decision only after that. */
  pause(): void {
    // Clients send no decision while a call of the message is unfinished.
    if (this.#calls.written().length > 0) this.#showAgain();
    this.#endStep();
    const seq = this.#seq === undefined ? {} : { seq: this.#seq };
    this.#emit({ type: "finish", finishReason: "tool-calls", messageMetadata: seq });
  }

  #start(event: { runId: string; sessionId?: string }): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const { runId, sessionId } = event;
    const messageMetadata = { runId, ...(sessionId !== undefined && { sessionId }) };
    this.#emit({ type: "start", messageId: runId, messageMetadata });
  }

  #enterStep(messageId: string, event: { runId: string }): OpenTurn {
    if (this.#turn?.messageId === messageId) return this.#turn;
    this.#start(event);
    this.#endStep();
    this.#turn = new OpenTurn(messageId, this.#emit);
    this.#calls.clear();
    this.#emit({ type: "start-step" });
    return this.#turn;
  }

  #write(kind: "text" | "reasoning", event: { runId: string; messageId: string; content: string }): void {
    if (event.content !== "") this.#enterStep(event.messageId, event).write(kind, event.content);
  }

  #endTurn(event: AssistantMessageEvent): void {
    this.#enterStep(event.id, event).complete(event, this.#fileUrl);
    const begun = this.#calls.written().length;
    this.#calls.complete(event.toolCalls ?? []);
    if (this.#calls.written().length < begun) this.#showAgain();
  }

  /** Shows the input of a call while the model writes it. */
  #writeInput(event: ToolInputEvent): void {
    const { messageId, callId: toolCallId, toolName, content } = event;
    this.#enterStep(messageId, event);
    this.#closePart();
    const call = this.#calls.get(toolCallId, { toolName });
    if (!call.isWritten) {
      call.isWritten = true;
      this.#emit({ type: "tool-input-start", toolCallId, toolName, dynamic: true, providerExecuted: true });
    }
    if (content !== "") this.#emit({ type: "tool-input-delta", toolCallId, inputTextDelta: content });
  }

  /** Shows the turn from its beginning, without the calls that have neither started nor asked. */
  #showAgain(): void {
    for (const call of this.#calls.written()) call.isWritten = false;
    this.#turn?.repeat();
    for (const chunk of this.#calls.chunks()) this.#emit(chunk);
  }

  /** Shows a call. Calls stay hidden until they start or ask, because a message may end before. */
  #show(event: { runId: string; callId: string; toolName: string; input?: unknown }): ToolCall {
    const { callId: toolCallId, toolName } = event;
    this.#start(event);
    this.#closePart();
    const call = this.#calls.get(toolCallId, event);
    if (call.state !== "hidden") return call;
    const { input } = call;
    const fields = { dynamic: true, providerExecuted: true } as const;
    this.#emitOf(call, { type: "tool-input-available", toolCallId, toolName, input, ...fields });
    return call;
  }

  #ask(event: ApprovalRequestEvent): void {
    const { callId, reason } = event;
    const call = this.#show(event);
    call.state = "asks";
    const approvalId = this.#nameApproval(call, callId);
    this.#emitOf(call, { type: "tool-approval-request", approvalId, toolCallId: callId, reason });
  }

  /** Names what a call asks. Clients find the call of a decision by this id, among all turns. */
  #nameApproval(call: ToolCall, callId: string): string {
    const { call: last, count } = this.#asked.get(callId) ?? { count: 0 };
    if (last === call) return call.approvalId;
    this.#asked.set(callId, { call, count: count + 1 });
    call.approvalId = count === 0 ? callId : `${callId}#${count + 1}`;
    return call.approvalId;
  }

  #endCall(event: ToolDoneEvent): void {
    const { callId: toolCallId, output, isError, isDenied } = event;
    const call = this.#show(event);
    const { state } = call;
    call.state = "done";
    const fields = { toolCallId, dynamic: true, providerExecuted: true } as const;
    // A call that was denied what it asked while it ran may have a result all the same.
    if (isDenied || (state === "denied" && isError)) this.#deny(toolCallId, call, output);
    else if (isError) this.#emitOf(call, { type: "tool-output-error", ...fields, errorText: output });
    else this.#emitOf(call, { type: "tool-output-available", ...fields, output });
  }

  /** A message has an approval for each denied call, also where a rule denied it. */
  #deny(toolCallId: string, call: ToolCall, reason: string): void {
    if (!call.chunks.some(({ type }) => type === "tool-approval-request")) {
      const approvalId = this.#nameApproval(call, toolCallId);
      this.#emitOf(call, { type: "tool-approval-request", approvalId, toolCallId });
      this.#emitOf(call, { type: "tool-approval-response", approvalId, approved: false, reason });
    }
    this.#emitOf(call, { type: "tool-output-denied", toolCallId });
  }

  #emitOf(call: ToolCall, chunk: UiChunk): void {
    call.chunks.push(chunk);
    this.#emit(chunk);
  }

  #closePart(): void {
    this.#turn?.closePart();
  }

  #endStep(): void {
    this.#closePart();
    if (this.#turn) this.#emit({ type: "finish-step" });
    this.#turn = undefined;
  }

  #finish(event: RunEndEvent): void {
    this.#start(event);
    // A call that the model was writing is not made.
    if (this.#calls.written().length > 0) this.#showAgain();
    this.#endStep();
    const { outcome, usage, costUsd, error } = event;
    const errorText = error ? `${error.code}: ${error.message}` : this.#error;
    if (errorText !== undefined) return this.#emit({ type: "error", errorText });
    const cost = costUsd === undefined ? {} : { costUsd };
    const seq = this.#seq === undefined ? {} : { seq: this.#seq };
    const messageMetadata = { outcome, usage, ...cost, ...seq };
    this.#emit({ type: "finish", finishReason: finishReasons[outcome], messageMetadata });
  }
}
