import {
  type AgentInput,
  type AgentRunner,
  addUsage,
  noUsage,
  type RunEvent,
  type RunFailure,
  type RunOutcome,
  type Usage,
} from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { AiSdkError } from "../shared/errors.ts";
import { type Ask, decide } from "./decide.ts";
import { type AiSdkMessage, toModelMessages } from "./model-messages.ts";
import { Happenings } from "./pull-parts.ts";
import { RunWriter, toText } from "./run-writer.ts";

/** The arguments of one call of an agent of the AI SDK. Pass all of them on. */
export interface AiSdkCall {
  messages: AiSdkMessage[];
  abortSignal: AbortSignal;
  /** Lets a tool run when its start is recorded. */
  onToolExecutionStart: (event: { toolCall: { toolCallId: string } }) => Promise<void>;
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

/** A `ToolLoopAgent` of the AI SDK, or a function that calls `streamText`. */
export type AiSdkAgent =
  | { stream(call: AiSdkCall): PromiseLike<AiSdkResult> }
  | ((call: AiSdkCall, input: AgentInput) => AiSdkResult | PromiseLike<AiSdkResult>);

/**
 * Creates an agent from a `ToolLoopAgent` or from `streamText` of the AI SDK 7. Its tools run as
 * they do there, after their start was recorded. A tool with `needsApproval` waits for a user.
 *
 * @throws AiSdkError `INVALID_OPTION`
 * @example fromAiSdk((call) => streamText({ model, tools, stopWhen: isStepCount(20), ...call }))
 */
export function fromAiSdk(agent: AiSdkAgent): AgentRunner {
  const isAgent = typeof agent === "object" && typeof agent?.stream === "function";
  if (!isAgent && typeof agent !== "function") {
    const expected = "an agent with `stream`, or a function that returns the result of `streamText`";
    throw new AiSdkError("INVALID_OPTION", mustBe("agent", expected, agent));
  }
  const stream = (call: AiSdkCall, input: AgentInput) =>
    typeof agent === "function" ? agent(call, input) : agent.stream(call);
  return { run: (input) => run(stream, input) };
}

type Stream = (call: AiSdkCall, input: AgentInput) => AiSdkResult | PromiseLike<AiSdkResult>;

async function* run(stream: Stream, input: AgentInput): AsyncGenerator<RunEvent> {
  const writer = new RunWriter(input.runId);
  const messages = toModelMessages(input.messages);
  // Ends the work of the AI SDK when the run is no longer read, too.
  const stop = new AbortController();
  const abort = () => stop.abort(input.signal.reason);
  input.signal.addEventListener("abort", abort);
  if (input.signal.aborted) abort();
  let ending: Ending = { outcome: "completed", usage: noUsage };
  yield* writer.begin();
  try {
    for (let isOver = false; !isOver && !stop.signal.aborted; ) {
      const call = new Call(writer, input, stop.signal);
      const answer = yield* call.run(stream, messages);
      ending = { ...answer.ending, usage: addUsage(ending.usage, answer.ending.usage) };
      messages.push(...answer.messages);
      const said = stop.signal.aborted || answer.isAsked ? [] : (input.takeSteering?.() ?? []);
      for (const { role: _, ...message } of said) yield* writer.user(message);
      messages.push(...toModelMessages(said));
      isOver = said.length === 0 && !answer.isAsked;
    }
    const outcome = stop.signal.aborted ? "aborted" : ending.outcome;
    yield* writer.end(outcome, ending.usage, outcome === "aborted" ? undefined : ending.error);
  } finally {
    input.signal.removeEventListener("abort", abort);
    stop.abort();
  }
}

interface Ending {
  outcome: RunOutcome;
  usage: Usage;
  error?: RunFailure;
}

/** One call of the agent: its steps, up to an answer or to tool calls that wait for a user. */
class Call {
  readonly #writer: RunWriter;
  readonly #input: AgentInput;
  readonly #signal: AbortSignal;
  readonly #asks: (Ask & { approvalId: string })[] = [];
  readonly #toolNames = new Map<string, string>();
  /** The preliminary outputs of tools, by call. */
  readonly #outputs = new Map<string, string>();
  #ending: Ending = { outcome: "completed", usage: noUsage };

  constructor(writer: RunWriter, input: AgentInput, signal: AbortSignal) {
    this.#writer = writer;
    this.#input = input;
    this.#signal = signal;
  }

  async *run(
    stream: Stream,
    messages: AiSdkMessage[],
  ): AsyncGenerator<RunEvent, { ending: Ending; messages: AiSdkMessage[]; isAsked: boolean }> {
    const happenings = new Happenings<AiSdkPart>(this.#signal);
    const call: AiSdkCall = {
      messages: [...messages],
      abortSignal: this.#signal,
      onToolExecutionStart: ({ toolCall }) => happenings.started(toolCall.toolCallId),
    };
    const result: Partial<AiSdkResult> | undefined = await stream(call, this.#input);
    if (!result?.fullStream) {
      const expected = "an agent or a function that returns the result of `streamText`";
      throw new AiSdkError("INVALID_OPTION", mustBe("agent", expected, result));
    }
    happenings.read(result.fullStream);
    for await (const happening of happenings) {
      if (happening.is === "part") yield* this.#add(happening.part as KnownPart);
      else if (happening.is === "start") {
        yield* this.#writer.start(happening.callId);
        happening.onRecorded();
      }
    }
    const isAsked = this.#asks.length > 0 && !this.#signal.aborted;
    const ending = this.#ending;
    if (this.#signal.aborted) return { ending, messages: [], isAsked: false };
    yield* this.#writer.complete();
    const isOver = isAsked || this.#ending.outcome !== "max_rounds";
    const [unmade] = isOver ? [] : this.#writer.openCalls();
    if (unmade)
      throw new AiSdkError(
        "INVALID_OPTION",
        `The tool \`${unmade.toolName}\` must have \`execute\`, because clients run no tools.`,
      );
    const decisions = yield* decide(this.#asks, this.#writer, this.#input, this.#signal);
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

  *#add(part: KnownPart): Generator<RunEvent> {
    const writer = this.#writer;
    switch (part.type) {
      case "text-delta":
        return yield* writer.text(part.text);
      case "reasoning-delta":
        return yield* writer.thinking(part.text);
      case "file":
        return writer.file(part.file.mediaType, part.file.base64);
      case "tool-input-start":
        this.#toolNames.set(part.id, part.toolName);
        return;
      case "tool-input-delta":
        return yield* writer.input(part.id, this.#toolNames.get(part.id) ?? "", part.delta);
      case "tool-call":
        return writer.call(part.toolCallId, part.toolName, part.input);
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
      case "tool-output-denied": {
        const { toolCallId: callId, toolName } = part;
        const output = "Not allowed: a rule denied the call.";
        return yield* writer.result({ callId, toolName, output, isError: true, isDenied: true });
      }
      case "finish-step":
        this.#ending.usage = addUsage(this.#ending.usage, toUsage(part.usage));
        return yield* writer.complete();
      case "finish":
        this.#ending = { ...this.#ending, ...endOf(part.finishReason) };
        return;
      case "error":
        throw part.error instanceof Error ? part.error : new Error(describe(part.error));
    }
  }

  /** Emits the part of an output that the one before has not. Another output begins a line. */
  *#progress(callId: string, output: string): Generator<RunEvent> {
    const before = this.#outputs.get(callId) ?? "";
    this.#outputs.set(callId, output);
    yield* this.#writer.start(callId);
    const isLonger = output.startsWith(before);
    yield* this.#writer.progress(callId, isLonger ? output.slice(before.length) : `\n${output}`);
  }

  *#result(
    { toolCallId: callId, toolName }: { toolCallId: string; toolName: string },
    output: string,
    isError: boolean,
  ): Generator<RunEvent> {
    // A tool that its provider runs has no start of its own.
    yield* this.#writer.start(callId);
    yield* this.#writer.result({ callId, toolName, output, isError });
  }
}

interface ToolRef {
  toolCallId: string;
  toolName: string;
}

type KnownPart =
  | { type: "text-delta" | "reasoning-delta"; text: string }
  | { type: "file"; file: { mediaType: string; base64: string } }
  | { type: "tool-input-start"; id: string; toolName: string }
  | { type: "tool-input-delta"; id: string; delta: string }
  | ({ type: "tool-call"; input: unknown } & ToolRef)
  | ({ type: "tool-result"; output: unknown; preliminary?: boolean } & ToolRef)
  | ({ type: "tool-error"; error: unknown } & ToolRef)
  | ({ type: "tool-output-denied" } & ToolRef)
  | {
      type: "tool-approval-request";
      approvalId: string;
      toolCall: ToolRef;
      reason?: string;
      isAutomatic?: boolean;
    }
  | { type: "finish-step"; usage: AiSdkUsage }
  | { type: "finish"; finishReason: string }
  | { type: "error"; error: unknown };

interface AiSdkUsage {
  inputTokens?: number;
  outputTokens?: number;
  inputTokenDetails?: { noCacheTokens?: number; cacheReadTokens?: number; cacheWriteTokens?: number };
}

function toUsage({ inputTokens = 0, outputTokens = 0, inputTokenDetails = {} }: AiSdkUsage): Usage {
  const { cacheReadTokens = 0, cacheWriteTokens = 0 } = inputTokenDetails;
  const { noCacheTokens = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens) } = inputTokenDetails;
  return { inputTokens: noCacheTokens, outputTokens, cacheReadTokens, cacheWriteTokens };
}

/** Returns the end of a run by the reason for which the model stopped. */
function endOf(finishReason: string): Pick<Ending, "outcome" | "error"> {
  switch (finishReason) {
    case "tool-calls":
      return { outcome: "max_rounds" };
    case "content-filter":
      return { outcome: "refused" };
    case "length": {
      const message = "The answer reached the model's limit of tokens. Ask the model to continue.";
      return { outcome: "failed", error: { code: "ANSWER_CUT", message, retryable: true } };
    }
    case "error":
      return {
        outcome: "failed",
        error: { code: "MODEL_FAILED", message: "The model's server failed. Try again.", retryable: true },
      };
    default:
      return { outcome: "completed" };
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : toText(error);
}
