import {
  type AgentInput,
  type AgentRunner,
  noUsage,
  type RunErrorEvent,
  type RunOutcome,
  type ToolCallRecord,
  type Usage,
} from "@mini-openclaw/protocol";
import { checkFunctions, checkKnown, invalidOption } from "../shared/check-options.ts";

/** Functions that are called at a run's steps. The run waits for each of them. */
export interface RunCallbacks {
  onChunk?: (content: string) => void | Promise<void>;
  onToolStart?: (toolName: string, input: Record<string, unknown>) => void | Promise<void>;
  onToolDone?: (toolName: string, output: string) => void | Promise<void>;
}

export interface RunSummary {
  /** All chunks, joined. */
  content: string;
  /** The calls that got a result, in the order of the results. */
  toolCalls: ToolCallRecord[];
  outcome: RunOutcome;
  usage: Usage;
  /** In US dollars. Absent where the price of a model it asked is not known. */
  costUsd?: number;
  /** Why it failed, or which limit on tokens or money ended it. */
  error?: Pick<RunErrorEvent, "code" | "message" | "retryable" | "retryAfterMs">;
}

/**
 * Runs an agent in the tutorial's way: callbacks while it runs, everything it said and did at the
 * end.
 */
export async function runWithCallbacks(
  agent: AgentRunner,
  input: AgentInput,
  callbacks: RunCallbacks = {},
): Promise<RunSummary> {
  checkKnown("runWithCallbacks", callbacks, { onChunk: true, onToolStart: true, onToolDone: true });
  checkFunctions(callbacks, ["onChunk", "onToolStart", "onToolDone"]);
  if (typeof agent?.run !== "function")
    throw invalidOption("agent", "an agent with the function `run`", agent);
  const { onChunk, onToolStart, onToolDone } = callbacks;
  const inputs = new Map<string, Record<string, unknown>>();
  const summary: RunSummary = { content: "", toolCalls: [], outcome: "failed", usage: noUsage };
  for await (const event of agent.run(input)) {
    if (event.type === "chunk") {
      await onChunk?.(event.content);
    } else if (event.type === "tool_start") {
      inputs.set(event.callId, event.input);
      await onToolStart?.(event.toolName, event.input);
    } else if (event.type === "tool_done") {
      const { callId, toolName, output } = event;
      summary.toolCalls.push({ callId, toolName, input: inputs.get(callId) ?? {}, output });
      await onToolDone?.(toolName, output);
    } else if (event.type === "error") {
      const { type: _, runId: _run, ...error } = event;
      summary.error = error;
    } else if (event.type === "message_done") {
      summary.content = event.content;
    } else if (event.type === "run_end") {
      summary.outcome = event.outcome;
      summary.usage = event.usage;
      if (event.costUsd !== undefined) summary.costUsd = event.costUsd;
    }
  }
  return summary;
}
