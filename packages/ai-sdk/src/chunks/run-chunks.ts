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
import { toUserParts } from "../shared/user-parts.ts";
import { finishReasons } from "./finish-reasons.ts";
import { type ToolCall, ToolCalls } from "./tool-calls.ts";

/** An event of a run, as an agent yields it or as a gateway recorded it. */
export type RunSource = Extract<RunEvent | NumberedEvent, { runId: string }>;

type Kind = "text" | "reasoning";

/** A turn of the model, as far as it was sent. */
interface Step {
  readonly runId: string;
  readonly messageId: string;
  text: string;
  reasoning: string;
  /** The part that the next delta continues. */
  open: Kind | undefined;
}

/**
 * The translation of one run's events to the chunks of one message. It has no clock and no I/O:
 * {@link RunFeed} decides when the output of running tools is sent.
 */
export class RunChunks {
  readonly #emit: (chunk: UiChunk) => void;
  readonly #calls = new ToolCalls();
  #isStarted = false;
  #step: Step | undefined;
  #seq: number | undefined;
  #error: string | undefined;

  constructor(emit: (chunk: UiChunk) => void) {
    this.#emit = emit;
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
          parts: toUserParts(event),
        });
      case "run_start":
        return this.#start(event);
      case "chunk":
        return this.#say("text", event.messageId, event.content, event);
      case "thinking":
        return this.#say("reasoning", event.messageId, event.content, event);
      case "tool_input":
        return this.#write(event);
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
          approvalId: callId,
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

  #enterStep(messageId: string, event: { runId: string }): Step {
    if (this.#step?.messageId === messageId) return this.#step;
    this.#start(event);
    this.#endStep();
    this.#step = { runId: event.runId, messageId, text: "", reasoning: "", open: undefined };
    this.#calls.clear();
    this.#emit({ type: "start-step" });
    return this.#step;
  }

  #say(kind: Kind, messageId: string, delta: string, event: { runId: string }): void {
    if (delta === "") return;
    const step = this.#enterStep(messageId, event);
    const id = `${messageId}:${kind}`;
    if (step.open !== kind) {
      this.#closePart();
      step.open = kind;
      this.#emit({ type: `${kind}-start`, id });
    }
    step[kind] += delta;
    this.#emit({ type: `${kind}-delta`, id, delta });
  }

  /** Emits the rest of a turn: all of it where nothing was streamed. */
  #endTurn(event: AssistantMessageEvent): void {
    const { id, content, blocks = [], toolCalls = [] } = event;
    const step = this.#enterStep(id, event);
    const thinking = blocks.map((block) => (block.type === "thinking" ? block.text : "")).join("");
    if (step.text === "") this.#say("reasoning", id, restOf(thinking, step.reasoning), event);
    this.#say("text", id, restOf(content, step.text), event);
    this.#closePart();
    const begun = this.#calls.written().length;
    this.#calls.complete(toolCalls);
    if (this.#calls.written().length < begun) this.#showAgain();
  }

  /** Shows the input of a call while the model writes it. */
  #write(event: ToolInputEvent): void {
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
    const step = this.#step;
    if (!step) return;
    for (const call of this.#calls.written()) call.isWritten = false;
    const { messageId, text, reasoning } = step;
    this.#emit({ type: "reset-step" });
    Object.assign(step, { text: "", reasoning: "", open: undefined });
    this.#say("reasoning", messageId, reasoning, step);
    this.#say("text", messageId, text, step);
    this.#closePart();
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
    this.#emitOf(call, { type: "tool-approval-request", approvalId: callId, toolCallId: callId, reason });
  }

  #endCall(event: ToolDoneEvent): void {
    const { callId: toolCallId, output, isError, isDenied } = event;
    const call = this.#show(event);
    const { state } = call;
    call.state = "done";
    const fields = { toolCallId, dynamic: true, providerExecuted: true } as const;
    if (isDenied || state === "denied") this.#deny(toolCallId, call, output);
    else if (isError) this.#emitOf(call, { type: "tool-output-error", ...fields, errorText: output });
    else this.#emitOf(call, { type: "tool-output-available", ...fields, output });
  }

  /** A message has an approval for each denied call, also where a rule denied it. */
  #deny(toolCallId: string, call: ToolCall, reason: string): void {
    if (!call.chunks.some(({ type }) => type === "tool-approval-request")) {
      const approvalId = toolCallId;
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
    const step = this.#step;
    if (!step?.open) return;
    this.#emit({ type: `${step.open}-end`, id: `${step.messageId}:${step.open}` });
    step.open = undefined;
  }

  #endStep(): void {
    this.#closePart();
    if (this.#step) this.#emit({ type: "finish-step" });
    this.#step = undefined;
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

/** Returns the part of a whole text after its sent part. A text that differs was sent whole. */
function restOf(whole: string, sent: string): string {
  return whole.startsWith(sent) ? whole.slice(sent.length) : "";
}
