import { type AgentInput, addUsage, noUsage, type RunEvent } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { AiSdkError } from "../shared/errors.ts";
import {
  describe,
  type Ending,
  endOf,
  type KnownPart,
  partsOfTurn,
  type Tool,
  type ToolRef,
  toLink,
  toUsage,
} from "./ai-sdk-parts.ts";
import { type Ask, decide } from "./decide.ts";
import type { AiSdkMessage } from "./model-messages.ts";
import { Happenings, type ToolStart } from "./pull-parts.ts";
import { type CallResult, type RunWriter, toText } from "./run-writer.ts";

// After this time without a part, a tool starts whose call has not come. A stream that a
// transform of the app holds back brings it only after the tool.
const QUIET_MS = 1000;
// The length of preliminary results of one call, after which only longer texts are added to.
const MAX_PRELIMINARY = 64_000;

/** The arguments of one call of an agent of the AI SDK. Pass all of them on. */
export interface AiSdkCall {
  messages: AiSdkMessage[];
  abortSignal: AbortSignal;
  /** Lets a tool run when its start is recorded. */
  onToolExecutionStart: (event: { toolCall: Tool }) => Promise<void>;
}

/** The result of `streamText`, as far as a run needs it. */
export interface AiSdkResult {
  readonly fullStream: AsyncIterable<AiSdkPart>;
  readonly responseMessages: PromiseLike<readonly unknown[]>;
}

/** A part of a stream of the AI SDK. Parts of other types are ignored. */
export interface AiSdkPart {
  readonly type: string;
}

/** Starts a call of the agent. */
export type Stream = (call: AiSdkCall, input: AgentInput) => AiSdkResult | PromiseLike<AiSdkResult>;

/** One call of the agent: its steps, up to an answer or to tool calls that wait for a user. */
export class AgentCall {
  readonly #writer: RunWriter;
  readonly #input: AgentInput;
  readonly #signal: AbortSignal;
  readonly #happenings: Happenings<KnownPart, Tool>;
  readonly #asks: (Ask & { approvalId: string })[] = [];
  readonly #toolNames = new Map<string, string>();
  /** The preliminary outputs of tools, by call. */
  readonly #outputs = new Map<string, { last: string; length: number }>();
  /** Tools that wait for the part of their call, by call. */
  readonly #waiting = new Map<string, ToolStart<Tool>>();
  /** Calls of the step that were added before their part came. */
  readonly #early = new Set<string>();
  /** Calls of the turn that the agent must make. */
  readonly #own = new Set<string>();
  /** Sources of answers that were not added to a text, by address. */
  readonly #sources = new Map<string, string>();
  /** Results that came before their turn was complete. */
  #results: CallResult[] = [];
  /** Parts of a turn that came while tools of the turn before it run. */
  #later: KnownPart[] = [];
  #ending: Ending = { outcome: "completed", usage: noUsage };

  constructor(writer: RunWriter, input: AgentInput, signal: AbortSignal) {
    this.#writer = writer;
    this.#input = input;
    this.#signal = signal;
    this.#happenings = new Happenings(signal, QUIET_MS);
  }

  async *run(
    stream: Stream,
    messages: AiSdkMessage[],
  ): AsyncGenerator<RunEvent, { ending: Ending; messages: AiSdkMessage[]; isAsked: boolean }> {
    const writer = this.#writer;
    const call: AiSdkCall = {
      messages: [...messages],
      abortSignal: this.#signal,
      onToolExecutionStart: ({ toolCall }) => this.#happenings.started(toolCall),
    };
    const result: Partial<AiSdkResult> | undefined = await stream(call, this.#input);
    if (!result?.fullStream) {
      const expected = "an agent or a function that returns the result of `streamText`";
      throw new AiSdkError("INVALID_OPTION", mustBe("agent", expected, result));
    }
    this.#happenings.read(result.fullStream as AsyncIterable<KnownPart>);
    for await (const happening of this.#happenings) {
      if (happening.is === "part") yield* this.#add(happening.part);
      else if (happening.is === "start") yield* this.#start(happening);
      else yield* this.#startWaiting();
    }
    const isAsked = this.#asks.length > 0 && !this.#signal.aborted;
    const ending = this.#ending;
    if (this.#signal.aborted) return { ending, messages: [], isAsked: false };
    if (!isAsked) yield* this.#addSources();
    yield* writer.complete();
    const isOver = isAsked || this.#ending.outcome !== "max_rounds";
    const [unmade] = isOver ? [] : writer.openCalls();
    if (unmade)
      throw new AiSdkError(
        "INVALID_OPTION",
        `The tool \`${unmade.toolName}\` must have \`execute\`, because clients run no tools.`,
      );
    const decisions = yield* decide(this.#asks, writer, this.#input, this.#signal);
    const content = this.#asks.map(({ approvalId, callId }) => {
      const approved = decisions.get(callId) === true;
      return { type: "tool-approval-response", approvalId, approved } as const;
    });
    const response = (await result.responseMessages) as AiSdkMessage[];
    return {
      ending,
      messages: isAsked ? [...response, { role: "tool", content }] : response,
      isAsked,
    };
  }

  /** Starts a tool behind the part of its call, so that its turn is whole by then. */
  *#start(start: ToolStart<Tool>): Generator<RunEvent> {
    const { toolCallId } = start.tool;
    if (!this.#writer.hasCall(toolCallId)) {
      this.#waiting.set(toolCallId, start);
      return;
    }
    yield* this.#complete();
    yield* this.#writer.start(toolCallId);
    start.onRecorded();
  }

  /** Starts the tools whose calls do not come. */
  *#startWaiting(): Generator<RunEvent> {
    const starts = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { tool } of starts) {
      this.#early.add(tool.toolCallId);
      this.#writer.call(tool.toolCallId, tool.toolName, tool.input);
    }
    for (const start of starts) yield* this.#start(start);
  }

  *#add(part: KnownPart): Generator<RunEvent> {
    const isOfNextTurn = partsOfTurn.has(part.type) && this.#writer.isBusy();
    if (isOfNextTurn) this.#later.push(part);
    else yield* this.#addInOrder(part);
    if (this.#later.length === 0 || this.#writer.isBusy()) return;
    const later = this.#later;
    this.#later = [];
    for (const one of later) yield* this.#add(one);
  }

  *#addInOrder(part: KnownPart): Generator<RunEvent> {
    const writer = this.#writer;
    switch (part.type) {
      case "text-delta":
        return yield* writer.text(part.text);
      case "reasoning-delta":
        return yield* writer.thinking(part.text, part.id);
      case "file":
      case "reasoning-file":
        return writer.file(part.file.mediaType, part.file.base64);
      case "source":
        this.#sources.set(part.url ?? part.id, toLink(part));
        return;
      case "tool-input-start":
        this.#toolNames.set(part.id, part.toolName);
        return;
      case "tool-input-delta":
        return yield* writer.input(part.id, this.#toolNames.get(part.id) ?? "", part.delta);
      case "tool-call":
        return this.#addCall(part);
      case "tool-result":
        if (part.preliminary) return yield* this.#progress(part.toolCallId, toText(part.output));
        return yield* this.#result(part, toText(part.output), false);
      case "tool-error":
        return yield* this.#result(part, describe(part.error), true);
      case "tool-approval-request": {
        const { toolCallId: callId, toolName } = part.toolCall;
        const { approvalId, isAutomatic, reason = `${toolName} wants to run` } = part;
        if (!isAutomatic) this.#asks.push({ approvalId, callId, toolName, reason });
        return;
      }
      // A rule denied the call. The AI SDK 7.0.0 has no part of its own for the result.
      case "tool-approval-response":
        if (part.approved) return;
        return yield* this.#result(part.toolCall, "Not allowed: a rule denied the call.", true, true);
      case "tool-output-denied":
        return yield* this.#result(part, "Not allowed: a rule denied the call.", true, true);
      case "finish-step":
        this.#ending.usage = addUsage(this.#ending.usage, toUsage(part.usage));
        this.#early.clear();
        if (!writer.isComplete()) yield* this.#addSources();
        return yield* this.#complete();
      case "finish":
        this.#ending = { ...this.#ending, ...endOf(part.finishReason) };
        return;
      case "error":
        throw part.error instanceof Error ? part.error : new Error(describe(part.error));
    }
  }

  #addCall({ toolCallId, toolName, input, providerExecuted }: Tool): void {
    if (this.#early.has(toolCallId)) return;
    if (!providerExecuted) this.#own.add(toolCallId);
    this.#writer.call(toolCallId, toolName, input);
    const start = this.#waiting.get(toolCallId);
    if (!start) return;
    this.#waiting.delete(toolCallId);
    // More calls of the turn may be right behind this one.
    this.#happenings.start(start);
  }

  /** Adds the sources of the answer as a list of links. */
  *#addSources(): Generator<RunEvent> {
    if (this.#sources.size === 0) return;
    const links = [...this.#sources.values()].join("\n");
    this.#sources.clear();
    yield* this.#writer.text(this.#writer.isComplete() ? links : `\n\n${links}`);
  }

  /** Emits the part of an output that the one before has not. Another output begins a line. */
  *#progress(callId: string, output: string): Generator<RunEvent> {
    const { last, length } = this.#outputs.get(callId) ?? { last: "", length: 0 };
    const isLonger = output.startsWith(last);
    yield* this.#writer.start(callId);
    // Outputs that repeat all that was before would fill the session.
    if (!isLonger && length + output.length > MAX_PRELIMINARY) return;
    const added = isLonger ? output.slice(last.length) : `\n${output}`;
    this.#outputs.set(callId, { last: output, length: length + added.length });
    yield* this.#writer.progress(callId, added);
  }

  /** Completes the turn, and adds the results that waited for that. */
  *#complete(): Generator<RunEvent> {
    yield* this.#writer.complete();
    this.#own.clear();
    const results = this.#results;
    this.#results = [];
    for (const result of results) yield* this.#endCall(result);
  }

  /** Adds a result. While the model writes, it would end a turn whose other calls wait. */
  *#result(
    { toolCallId: callId, toolName }: ToolRef,
    output: string,
    isError: boolean,
    isDenied = false,
  ): Generator<RunEvent> {
    const result = { callId, toolName, output, isError, ...(isDenied && { isDenied }) };
    this.#own.delete(callId);
    if (this.#own.size > 0) this.#results.push(result);
    else yield* this.#endCall(result);
  }

  *#endCall(result: CallResult): Generator<RunEvent> {
    // A tool that its provider runs has no start of its own.
    if (!result.isDenied) yield* this.#writer.start(result.callId);
    yield* this.#writer.result(result);
  }
}
