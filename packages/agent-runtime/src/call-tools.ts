import type {
  ModelToolCall,
  ToolDoneEvent,
  ToolMessage,
  ToolOutputEvent,
  ToolStartEvent,
} from "@mini-openclaw/protocol";
import { followSignal } from "./child-signal.ts";
import { wholeHead } from "./cut-text.ts";
import { runTool, type ToolLimits } from "./run-tool.ts";
import type { Tool } from "./tool.ts";

/** `tool_output` of one call beyond this many UTF-16 units is not shown; its result still is. The protocol's 64 KiB. */
const MAX_PROGRESS_CHARS = 65_536;

export type ToolEvent = ToolStartEvent | ToolOutputEvent | ToolDoneEvent;

export interface ToolCalling extends ToolLimits {
  sessionId: string;
  runId: string;
  tools: ReadonlyMap<string, Tool>;
  /** Most calls that run at a time. */
  maxParallelTools: number;
  signal: AbortSignal;
  createId: () => string;
  now: () => number;
}

/**
 * Runs the tool calls of one turn. Yields `tool_start` just before a call begins and `tool_done` when it has ended,
 * in the order of completion; returns the results in the order of the calls, as models want them.
 *
 * After an abort no call is begun, and those that run get a moment to return what they have.
 */
export async function* callTools(
  calls: readonly ModelToolCall[],
  calling: ToolCalling,
): AsyncGenerator<ToolEvent, ToolMessage[]> {
  const results = new Map<string, ToolMessage>();
  const feed = createFeed<ToolOutputEvent | ToolDoneEvent>();
  const running = new Map<string, ModelToolCall>();
  const waiting = [...calls];
  const stop = followSignal(calling.signal);
  try {
    for (;;) {
      while (mayStart(waiting[0], running, calling)) {
        const call = waiting.shift() as ModelToolCall;
        const { callId, toolName, input } = call;
        running.set(callId, call);
        yield { type: "tool_start", runId: calling.runId, callId, toolName, input };
        void answer(call, { ...calling, signal: stop.signal }, feed.push).then(feed.push);
      }
      if (running.size === 0) break;
      const event = await feed.take();
      if (event.type === "tool_done") {
        running.delete(event.callId);
        results.set(event.callId, toMessage(event));
      }
      yield event;
    }
  } finally {
    // Ends what still runs when the reader of these events went away.
    stop.abort(new Error("the run is over."));
    stop.dispose();
  }
  return calls.flatMap(({ callId }) => results.get(callId) ?? []);
}

function mayStart(
  call: ModelToolCall | undefined,
  running: ReadonlyMap<string, ModelToolCall>,
  { tools, maxParallelTools, signal }: ToolCalling,
): boolean {
  if (!call || signal.aborted || running.size >= maxParallelTools) return false;
  const isSequential = ({ toolName }: ModelToolCall) => tools.get(toolName)?.definition.sequential === true;
  return running.size === 0 || ![call, ...running.values()].some(isSequential);
}

async function answer(
  call: ModelToolCall,
  calling: ToolCalling,
  push: (event: ToolOutputEvent) => void,
): Promise<ToolDoneEvent> {
  const { sessionId, runId, tools, signal, createId, now } = calling;
  const { callId, toolName } = call;
  let room = MAX_PROGRESS_CHARS;
  let ended = false;
  const progress = (text: string) => {
    const content = text.length > room ? wholeHead(text, room) : text;
    room -= Math.min(text.length, room);
    if (!ended && content !== "") push({ type: "tool_output", runId, callId, content });
  };
  const context = { sessionId, runId, callId, signal, progress };
  const result = await runTool(tools.get(toolName), call, context, calling);
  ended = true;
  return { type: "tool_done", runId, id: createId(), callId, toolName, ...result, timestamp: now() };
}

function toMessage({ callId, toolName, output, isError, timestamp }: ToolDoneEvent): ToolMessage {
  return { role: "tool", callId, toolName, content: output, isError, timestamp };
}

/** What running tools say, in order, for one reader. Bounded by the calls of a turn and their shown output. */
function createFeed<T>() {
  const items: T[] = [];
  let wake = () => {};
  return {
    push: (item: T) => {
      items.push(item);
      wake();
    },
    take: async (): Promise<T> => {
      for (;;) {
        const item = items.shift();
        if (item !== undefined) return item;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
