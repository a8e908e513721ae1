import { type AgentInput, type AgentRunner, addUsage, noUsage, type RunEvent } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { AiSdkError } from "../shared/errors.ts";
import { AgentCall, type AiSdkCall, type AiSdkResult, type Stream } from "./ai-sdk-call.ts";
import type { Ending } from "./ai-sdk-parts.ts";
import { toModelMessages } from "./model-messages.ts";
import { RunWriter } from "./run-writer.ts";

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
      const call = new AgentCall(writer, input, stop.signal);
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
