import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import {
  beginRun,
  type ContentBlock,
  closeRun,
  type FileBlock,
  nextRun,
  type PartialReason,
  type RunEvent,
  type RunFailure,
  type RunOutcome,
  type RunProgress,
  type ToolCallRecord,
  type Usage,
} from "@mini-openclaw/protocol";
import { isRecord, withFiles } from "@mini-openclaw/protocol/shared";

/** A turn of the model on its way. */
interface Turn {
  readonly id: string;
  text: string;
  thinking: string;
  /** The part of the thinking that was the last one. */
  thought: string | undefined;
  calls: ToolCallRecord[];
  readonly files: FileBlock[];
  isComplete: boolean;
}

/** The result of a tool call. */
export interface CallResult {
  callId: string;
  toolName: string;
  output: string;
  isError: boolean;
  isDenied?: boolean;
}

/** A call without a result. */
export interface OpenCall {
  readonly callId: string;
  readonly toolName: string;
  /** True if the tool has started. */
  readonly isRunning: boolean;
}

/** Writes the events of a run in the order of the `AgentRunner` port. */
export class RunWriter {
  readonly #runId: string;
  /** The calls of the turn that have started. Models may use an id again in a later turn. */
  readonly #started = new Set<string>();
  #turn = newTurn();
  #progress: RunProgress;

  constructor(runId: string) {
    this.#runId = runId;
    this.#progress = beginRun(runId);
  }

  /** Returns true for a call that has no result yet. */
  isOpen(callId: string): boolean {
    return this.#progress.openCalls.some((call) => call.callId === callId);
  }

  /** Returns true for a call of the turn, or of the turn before it, that has no result yet. */
  hasCall(callId: string): boolean {
    const { calls, isComplete } = this.#turn;
    return this.isOpen(callId) || (!isComplete && calls.some((call) => call.callId === callId));
  }

  /** Returns true while a tool runs. */
  isBusy(): boolean {
    return this.openCalls().some(({ isRunning }) => isRunning);
  }

  /** Returns true between two turns. */
  isComplete(): boolean {
    return this.#turn.isComplete;
  }

  *begin(): Generator<RunEvent> {
    yield this.#add({ type: "run_start", runId: this.#runId, timestamp: Date.now() });
  }

  *text(content: string): Generator<RunEvent> {
    if (content === "") return;
    const turn = yield* this.#beginTurn();
    turn.text += content;
    yield this.#add({ type: "chunk", runId: this.#runId, messageId: turn.id, content });
  }

  /** Starts the calls of a complete turn that have neither started nor ended. */
  *startAll(): Generator<RunEvent> {
    if (!this.#turn.isComplete) return;
    for (const { callId = "" } of this.#turn.calls) yield* this.start(callId);
  }

  /** Returns the calls of the turn without a result. */
  openCalls(): OpenCall[] {
    return this.#progress.openCalls.map(({ callId, toolName }) => {
      return { callId, toolName, isRunning: this.#started.has(callId) };
    });
  }

  /** Thinking of the turn. Another part of it begins a paragraph. */
  *thinking(text: string, part?: string): Generator<RunEvent> {
    if (text === "") return;
    const turn = yield* this.#beginTurn();
    const content = turn.thinking !== "" && turn.thought !== part ? `\n\n${text}` : text;
    turn.thought = part;
    turn.thinking += content;
    yield this.#add({ type: "thinking", runId: this.#runId, messageId: turn.id, content });
  }

  /** A piece of a call's input, while the model writes it. */
  *input(callId: string, toolName: string, content: string): Generator<RunEvent> {
    const { id: messageId } = yield* this.#beginTurn();
    yield this.#add({ type: "tool_input", runId: this.#runId, messageId, callId, toolName, content });
  }

  /** A call of the turn. It is an event with the whole turn. */
  call(callId: string, toolName: string, input: unknown): void {
    const fields = isRecord(input) ? input : { input };
    this.#openTurn().calls.push({ callId, toolName, input: { ...fields } });
  }

  /** A file of the turn. It is an event with the whole turn. */
  file(mediaType: string, data: string, name?: string): void {
    const type = mediaType.startsWith("image/") ? "image" : "document";
    this.#openTurn().files.push({ type, mediaType, data, ...(name !== undefined && { name }) });
  }

  /** Completes the turn, if it has anything. */
  *complete(partial?: PartialReason): Generator<RunEvent> {
    const turn = this.#turn;
    if (turn.isComplete) return;
    const { id, text, thinking, calls, files } = turn;
    const { content, blocks } = withFiles(text, files);
    if (content === "" && thinking === "" && calls.length === 0) return;
    yield* this.#beginTurn();
    turn.isComplete = true;
    yield this.#add({
      type: "assistant_message",
      runId: this.#runId,
      id,
      content,
      timestamp: Date.now(),
      ...(calls.length > 0 && { toolCalls: calls }),
      ...(partial && { partial }),
      ...((thinking !== "" || blocks) && { blocks: blocksOf(turn, blocks) }),
    });
  }

  *start(callId: string): Generator<RunEvent> {
    yield* this.complete();
    const call = this.#turn.calls.find((one) => one.callId === callId);
    if (!call || !this.isOpen(callId) || this.#started.has(callId)) return;
    this.#started.add(callId);
    const { toolName, input } = call;
    yield this.#add({ type: "tool_start", runId: this.#runId, callId, toolName, input });
  }

  *ask(callId: string, toolName: string, reason: string): Generator<RunEvent> {
    yield* this.complete();
    const timestamp = Date.now();
    const fields = { callId, toolName, reason, code: "TOOL_CALL", timestamp };
    yield this.#add({ type: "approval_request", runId: this.#runId, ...fields });
  }

  *decided(callId: string, isAllowed: boolean): Generator<RunEvent> {
    const decision = isAllowed ? "once" : "deny";
    yield this.#add({ type: "approval_done", runId: this.#runId, callId, decision });
  }

  /** The result of a call. A second one is ignored. */
  *result(result: CallResult): Generator<RunEvent> {
    yield* this.complete();
    const { callId, ...rest } = result;
    if (this.isOpen(callId)) yield* this.#endCall(callId, rest);
  }

  *progress(callId: string, content: string): Generator<RunEvent> {
    if (this.isOpen(callId) && content !== "")
      yield this.#add({ type: "tool_output", runId: this.#runId, callId, content });
  }

  *user(event: Omit<Extract<RunEvent, { type: "user_message" }>, "type" | "runId" | "id">) {
    yield* this.complete();
    yield this.#add({ type: "user_message", runId: this.#runId, id: randomUUID(), ...event });
  }

  /** Ends the run, with a result for each open call. */
  *end(outcome: RunOutcome, usage: Usage, error?: RunFailure): Generator<RunEvent> {
    if (outcome === "completed") yield* this.complete();
    // The end of a run keeps the text of an unfinished turn, and no files.
    else if (this.#turn.files.length > 0) yield* this.complete("aborted");
    const ending = { outcome, usage, timestamp: Date.now(), createId: randomUUID };
    yield* closeRun(this.#progress, { ...ending, ...(error && { error }) });
  }

  /** Returns the open turn. The calls of the turn before that the agent did not make end then. */
  *#beginTurn(): Generator<RunEvent, Turn> {
    for (const { callId, toolName } of this.openCalls())
      yield* this.#endCall(callId, { toolName, output: "The call was not made.", isError: true });
    return this.#openTurn();
  }

  #openTurn(): Turn {
    if (this.#turn.isComplete) {
      this.#turn = newTurn();
      this.#started.clear();
    }
    return this.#turn;
  }

  *#endCall(callId: string, result: Omit<CallResult, "callId">): Generator<RunEvent> {
    const fields = { callId, id: randomUUID(), timestamp: Date.now() };
    yield this.#add({ type: "tool_done", runId: this.#runId, ...fields, ...result });
  }

  #add(event: RunEvent): RunEvent {
    this.#progress = nextRun(this.#progress, event);
    return event;
  }
}

function newTurn(): Turn {
  return {
    id: randomUUID(),
    text: "",
    thinking: "",
    thought: undefined,
    calls: [],
    files: [],
    isComplete: false,
  };
}

function blocksOf({ text, thinking, calls }: Turn, shown: readonly ContentBlock[] | undefined) {
  const texts = text === "" ? [] : [{ type: "text" as const, text }];
  return [
    ...(thinking === "" ? [] : [{ type: "thinking" as const, text: thinking }]),
    ...(shown ?? texts),
    ...calls.map(({ callId = "" }) => ({ type: "tool_call" as const, callId })),
  ];
}

/** Returns the result of a tool as text for models and people. */
export function toText(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    // JSON has no circles and no big integers.
    return inspect(value);
  }
}
