import type { ModelToolCall, ToolDoneEvent, ToolMessage } from "@mini-openclaw/protocol";
import { followSignal } from "../shared/child-signal.ts";
import { answerCall, type CallSettings, type ToolEvent } from "./answer-call.ts";

export interface CallToolsOptions extends CallSettings {
  /** Most calls that run at a time. */
  maxParallelTools: number;
}

/**
 * Makes the tool calls of one turn. Yields `tool_start` just before a tool begins and `tool_done`
 * when it has ended, in the order of completion. Returns the results in the order of the calls, as
 * models want them. No tool continues before its event was recorded.
 *
 * After an abort no call is begun, and those that run get a moment to return what they have.
 */
export async function* callTools(
  calls: readonly ModelToolCall[],
  calling: CallToolsOptions,
): AsyncGenerator<ToolEvent, ToolMessage[]> {
  const results = new Map<string, ToolMessage>();
  const feed = createEventQueue<ToolEvent>();
  const running = new Map<string, ModelToolCall>();
  const waiting = [...calls];
  const stop = followSignal(calling.signal);
  const settings = { ...calling, signal: stop.signal };
  try {
    for (;;) {
      while (mayStart(waiting[0], running, calling)) {
        const call = waiting.shift() as ModelToolCall;
        running.set(call.callId, call);
        void answerCall(call, settings, feed.show);
      }
      if (running.size === 0) break;
      const { event, recorded } = await feed.take();
      if (event.type === "tool_done") {
        running.delete(event.callId);
        results.set(event.callId, toMessage(event));
      }
      yield event;
      recorded();
    }
  } finally {
    // Ends what still runs when the reader of these events went away.
    stop.abort(new Error("The run is over."));
    stop.dispose();
  }
  return calls.flatMap(({ callId }) => results.get(callId) ?? []);
}

function mayStart(
  call: ModelToolCall | undefined,
  running: ReadonlyMap<string, ModelToolCall>,
  { tools, maxParallelTools, signal }: CallToolsOptions,
): boolean {
  if (!call || signal.aborted || running.size >= maxParallelTools) return false;
  const isSequential = ({ toolName }: ModelToolCall) => tools.get(toolName)?.definition.sequential === true;
  return running.size === 0 || ![call, ...running.values()].some(isSequential);
}

function toMessage(event: ToolDoneEvent): ToolMessage {
  const { type: _, runId: _run, id: _id, output, ...result } = event;
  return { role: "tool", content: output, ...result };
}

/**
 * Events of calls that go on at once, in order, for one reader. Bounded by the calls of a turn and
 * their shown output.
 */
function createEventQueue<T>() {
  const items: { event: T; recorded: () => void }[] = [];
  let wake = () => {};
  return {
    /** Resolves when the reader has dealt with the event. */
    show: (event: T) =>
      new Promise<void>((recorded) => {
        items.push({ event, recorded });
        wake();
      }),
    take: async () => {
      for (;;) {
        const item = items.shift();
        if (item) return item;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
