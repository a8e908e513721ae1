import { once } from "node:events";
import type {
  AgentInput,
  AgentRunner,
  RunEvent,
  RunOutcome,
  ToolCallRecord,
  UserMessage,
} from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { describeValue, mustBe } from "@mini-openclaw/protocol/shared";
import { createId } from "../shared/create-id.ts";
import { GatewayError } from "../shared/errors.ts";

/** One thing that a scripted run does. A string is text in one piece. */
export type ScriptStep =
  | string
  /** Text, each piece in an event of its own. */
  | { says: readonly string[] }
  /** Thinking, in one event. */
  | { thinks: string }
  | ScriptedCall
  /** The messages that steer the run, as far as there are any. */
  | { steers: true }
  /** Nothing until the promise resolves, or the run is stopped. */
  | { waits: Promise<unknown> }
  /** Nothing more until the run is stopped. */
  | { hangs: true }
  /** An error that the agent throws. */
  | { throws: Error }
  /** The end of the run with an outcome other than `completed`. */
  | { ends: RunOutcome };

/** A tool call with its result. The call gets a turn of its own. */
export interface ScriptedCall {
  /** The name of the tool. */
  calls: string;
  input?: Record<string, unknown>;
  output?: string;
  isError?: boolean;
  /** The reason of an approval that the call waits for. A denied call fails with `deny`. */
  asks?: string;
}

/** An agent for tests that follows a script. */
export interface ScriptedAgent extends AgentRunner {
  /** The inputs of the runs that have begun, in order. */
  readonly inputs: readonly AgentInput[];
}

/**
 * Creates an agent that follows a script. The script has one entry for each run, in the order in
 * which the runs begin. An entry is a step or a list of steps. A run beyond the script fails with
 * an error that names the cause.
 *
 * @example scriptedAgent(["Hello.", [{ calls: "clock", output: "noon" }, "It is noon."]])
 */
export function scriptedAgent(script: readonly (ScriptStep | readonly ScriptStep[])[]): ScriptedAgent {
  if (!Array.isArray(script)) {
    throw new GatewayError("INVALID_OPTION", mustBe("script", "an array with an entry for each run", script));
  }
  const inputs: AgentInput[] = [];
  return {
    inputs,
    run(input) {
      const steps = script[inputs.length];
      inputs.push(input);
      if (steps !== undefined) return runScript([steps].flat(), input);
      throw new Error(
        `The script of \`scriptedAgent\` has ${script.length} runs, and run ${inputs.length} began.`,
      );
    },
  };
}

function* steer(runId: string, messages: readonly UserMessage[]): Generator<RunEvent> {
  for (const { role: _, ...message } of messages)
    yield { type: "user_message", runId, id: createId(), ...message };
}

async function* runScript(steps: readonly ScriptStep[], input: AgentInput): AsyncGenerator<RunEvent> {
  const { runId, signal, takeSteering } = input;
  let turn = new Turn(runId, 1);
  let text = "";
  let outcome: RunOutcome = "completed";
  yield { type: "run_start", runId, timestamp: 1 };
  for (const step of steps) {
    if (signal.aborted) break;
    if (typeof step === "string") yield* turn.say([step]);
    else if ("says" in step) yield* turn.say(step.says);
    else if ("thinks" in step) yield turn.think(step.thinks);
    else if ("calls" in step) {
      yield* turn.call(step, input);
      text += turn.content;
      turn = new Turn(runId, turn.number + 1);
    } else if ("steers" in step) yield* steer(runId, takeSteering?.() ?? []);
    else if ("throws" in step) throw step.throws;
    else if ("ends" in step) outcome = step.ends;
    else await waitFor("waits" in step ? step.waits : undefined, signal);
  }
  if (signal.aborted) outcome = "aborted";
  if (turn.content !== "") yield turn.message(signal.aborted ? { partial: "aborted" } : {});
  yield { type: "message_done", runId, content: text + turn.content };
  yield { type: "run_end", runId, outcome, usage: noUsage, timestamp: 1 };
}

/** One turn of the model: its text up to its next tool call. */
class Turn {
  readonly number: number;
  readonly #runId: string;
  readonly #id: string;
  content = "";

  constructor(runId: string, number: number) {
    this.#runId = runId;
    this.number = number;
    this.#id = `${runId}-${number}`;
  }

  *say(pieces: readonly string[]): Generator<RunEvent> {
    for (const piece of pieces) {
      if (typeof piece !== "string")
        throw new TypeError(`Each text of a script must be a string, got ${describeValue(piece)}.`);
      this.content += piece;
      yield { type: "chunk", runId: this.#runId, messageId: this.#id, content: piece };
    }
  }

  think(content: string): RunEvent {
    return { type: "thinking", runId: this.#runId, messageId: this.#id, content };
  }

  async *call(step: ScriptedCall, input: AgentInput): AsyncGenerator<RunEvent> {
    const { calls: toolName, input: toolInput = {}, output = "", isError = false, asks } = step;
    const runId = this.#runId;
    const call = { callId: `call_${this.number}`, toolName };
    const done = { type: "tool_done", runId, id: `${call.callId}-done`, ...call, timestamp: 1 } as const;
    yield this.message({ toolCalls: [{ ...call, input: toolInput }] });
    if (asks !== undefined) {
      yield { type: "approval_request", runId, ...call, reason: asks };
      const decision = (await input.decision?.(call.callId, { signal: input.signal })) ?? "deny";
      yield { type: "approval_done", runId, callId: call.callId, decision };
      if (decision === "deny") return yield { ...done, output: decision, isError: true };
    }
    yield { type: "tool_start", runId, ...call, input: toolInput };
    yield { ...done, output, isError };
  }

  message(more: { toolCalls?: ToolCallRecord[]; partial?: "aborted" }): RunEvent {
    const { content } = this;
    return { type: "assistant_message", runId: this.#runId, id: this.#id, content, timestamp: 1, ...more };
  }
}

async function waitFor(promise: Promise<unknown> | undefined, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const waiting = new AbortController();
  const aborted = once(signal, "abort", { signal: waiting.signal }).catch(() => {});
  try {
    await Promise.race(promise ? [promise, aborted] : [aborted]);
  } finally {
    waiting.abort();
  }
}
