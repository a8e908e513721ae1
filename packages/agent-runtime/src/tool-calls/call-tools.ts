import type { ModelToolCall, ToolDoneEvent, ToolMessage } from "@mini-openclaw/protocol";
import type { Emit } from "../shared/emit-events.ts";
import { answerCall, type CallSettings, type ToolEvent } from "./answer-call.ts";

export interface CallToolsOptions extends CallSettings {
  /** Most calls that run at a time. */
  maxParallelTools: number;
}

/**
 * Makes the tool calls of one turn. Emits `tool_start` just before a tool begins and `tool_done`
 * when it has ended, in the order of completion. Returns the results in the order of the calls, as
 * models want them. No tool continues before its event was recorded.
 *
 * After an abort no call is begun, and those that run get a moment to return what they have.
 */
export async function callTools(
  calls: readonly ModelToolCall[],
  calling: CallToolsOptions,
  emit: Emit<ToolEvent>,
): Promise<ToolMessage[]> {
  const results = new Map<string, ToolMessage>();
  const running = new Map<ModelToolCall, Promise<void>>();
  const waiting = [...calls];
  const run = async (call: ModelToolCall) => {
    const done = await answerCall(call, calling, emit);
    results.set(call.callId, toMessage(done));
    running.delete(call);
  };
  for (;;) {
    while (mayStart(waiting[0], [...running.keys()], calling)) {
      const call = waiting.shift() as ModelToolCall;
      running.set(call, run(call));
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  return calls.flatMap(({ callId }) => results.get(callId) ?? []);
}

function mayStart(
  call: ModelToolCall | undefined,
  running: readonly ModelToolCall[],
  { tools, maxParallelTools, signal }: CallToolsOptions,
): boolean {
  if (!call || signal.aborted || running.length >= maxParallelTools) return false;
  const isSequential = ({ toolName }: ModelToolCall) => tools.get(toolName)?.definition.sequential === true;
  return running.length === 0 || ![call, ...running].some(isSequential);
}

function toMessage(event: ToolDoneEvent): ToolMessage {
  const { type: _, runId: _run, id: _id, output, ...result } = event;
  return { role: "tool", content: output, ...result };
}
