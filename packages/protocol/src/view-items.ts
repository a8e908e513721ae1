import type {
  ApprovalDoneEvent,
  ApprovalRequestEvent,
  ChunkEvent,
  NumberedEvent,
  RetryEvent,
  RunEndEvent,
  RunErrorEvent,
  ThinkingEvent,
  ToolOutputEvent,
  ToolStartEvent,
} from "./events.ts";
import type { AssistantItem, ToolItem, ViewItem } from "./session-view.ts";
import type { AssistantEntry, MessageEntry } from "./transcript.ts";

type Items = readonly ViewItem[];

/** Puts an item in the place of the one with its key, or at the end. */
function putItem(items: Items, item: ViewItem): Items {
  const index = items.findLastIndex(({ key }) => key === item.key);
  return index < 0 ? [...items, item] : items.with(index, item);
}

/** Adds a message of the transcript, in the place of what was streamed of it. */
export function addEntry(items: Items, entry: MessageEntry): Items {
  const { seq, id, runId, content } = entry;
  switch (entry.role) {
    case "user":
      return putItem(items, { kind: "user", key: id, seq, runId, content, requestId: entry.requestId });
    case "assistant":
      return addToolCalls(addText(items, entry), entry);
    case "tool": {
      const { callId, toolName, isError, durationMs, exitCode } = entry;
      const phase = isError ? "failed" : "done";
      const result = { output: content, phase, asksFor: undefined, durationMs, exitCode } as const;
      return updateTool(items, callId, seq, () => ({ runId, callId, toolName, ...result }));
    }
    case "system":
      return entry.compaction ? putItem(items, { kind: "compaction", key: id, seq, runId, content }) : items;
  }
}

/** Leaves out what runs that were started over had answered. What the user said, and what was summed up, stays. */
export function withoutAnswers(items: Items, runIds: readonly string[]): Items {
  if (runIds.length === 0) return items;
  return items.filter(
    ({ kind, runId }) =>
      kind === "user" || kind === "compaction" || runId === undefined || !runIds.includes(runId),
  );
}

function addText(items: Items, entry: AssistantEntry): Items {
  const { id, seq, runId, content, blocks = [], partial, model } = entry;
  const thoughts = blocks.flatMap((block) => (block.type === "thinking" ? [block.text] : []));
  const thinking = thoughts.join("\n\n");
  if (content === "" && thinking === "" && partial === undefined) {
    return items.filter(({ key }) => key !== id);
  }
  const text = { content, thinking, streaming: false, partial, model };
  return putItem(withoutRetry(items, runId), { kind: "assistant", key: id, seq, runId, ...text });
}

function addToolCalls(items: Items, { id, seq, runId, toolCalls = [] }: AssistantEntry): Items {
  return toolCalls.reduce((sum, call, index) => {
    const { callId, toolName, input, output } = call;
    // Files of the tutorial's code keep the result beside the call.
    const result = output === undefined ? {} : ({ output, phase: "done" } as const);
    const fields = { runId, callId, toolName, input, ...result };
    return updateTool(sum, callId ?? `${id}:${index}`, seq, () => fields);
  }, items);
}

type LiveItemEvent = NumberedEvent &
  (ToolStartEvent | ToolOutputEvent | ApprovalRequestEvent | ApprovalDoneEvent | RetryEvent | RunErrorEvent);

/** The items after a live event that is not text of the model. */
export function nextItems(items: Items, event: LiveItemEvent): Items {
  const { seq, runId } = event;
  switch (event.type) {
    case "tool_start": {
      const { callId, toolName, input } = event;
      return updateTool(items, callId, seq, () => ({ runId, callId, toolName, input, phase: "running" }));
    }
    case "approval_request": {
      const { callId, toolName, reason } = event;
      return updateTool(items, callId, seq, () => ({ runId, callId, toolName, asksFor: reason }));
    }
    case "approval_done":
      return updateTool(items, event.callId, seq, () => ({ runId, asksFor: undefined }));
    case "tool_output": {
      const { callId, content } = event;
      return updateTool(items, callId, seq, ({ output }) => ({ runId, output: output + content }));
    }
    case "retry": {
      const { attempt, code } = event;
      return putItem(items, { kind: "retry", key: `retry:${runId}`, seq, runId, attempt, code });
    }
    case "error": {
      const { code, message } = event;
      const failure = { kind: "error", key: `error:${runId}`, seq, runId, code, message } as const;
      return putItem(withoutRetry(items, runId), failure);
    }
  }
}

/** Changes a tool's item, which is added if it is not there. */
function updateTool(
  items: Items,
  callId: string,
  seq: number,
  change: (tool: ToolItem) => Partial<ToolItem>,
): Items {
  const key = `tool:${callId}`;
  const before = items.findLast((item): item is ToolItem => item.key === key && item.kind === "tool");
  const begun = { kind: "tool", key, seq, runId: undefined, callId: undefined } as const;
  const unknown = { toolName: "", input: {}, phase: "called", output: "", asksFor: undefined } as const;
  const unmeasured = { durationMs: undefined, exitCode: undefined };
  const tool: ToolItem = before ?? { ...begun, ...unknown, ...unmeasured };
  return putItem(items, { ...tool, ...change(tool) });
}

const unfinished = { partial: undefined, model: undefined };

/** Adds a piece of text to the message that streams. A message that is complete stays as it is. */
export function streamText(items: Items, event: NumberedEvent & (ChunkEvent | ThinkingEvent)): Items {
  const { messageId: key, runId, seq, type, content } = event;
  const found = items.findLast((item) => item.key === key);
  if (found && (found.kind !== "assistant" || !found.streaming)) return items;
  const begun = { kind: "assistant", key, seq, runId, content: "", thinking: "" } as const;
  const before: AssistantItem = found ?? { ...begun, streaming: true, ...unfinished };
  const field = type === "chunk" ? "content" : "thinking";
  return putItem(withoutRetry(items, runId), { ...before, [field]: before[field] + content });
}

/** Ends what a run left open, and says how it ended if it gave no answer and nothing else says so. */
export function endRun(items: Items, { runId, outcome, seq }: NumberedEvent & RunEndEvent): Items {
  const ended = withoutRetry(items, runId).map((item): ViewItem => {
    if (item.runId !== runId) return item;
    if (item.kind === "assistant" && item.streaming) return { ...item, streaming: false };
    if (item.kind === "tool" && (item.phase === "called" || item.phase === "running")) {
      return { ...item, phase: "failed", asksFor: undefined };
    }
    return item;
  });
  if (outcome === "completed") return ended;
  const isTold = ended.some(
    (item) =>
      item.runId === runId &&
      ((item.kind === "error" && outcome === "failed") ||
        (item.kind === "assistant" && item.partial === outcome)),
  );
  if (isTold) return ended;
  return putItem(ended, { kind: "outcome", key: `outcome:${runId}`, seq, runId, outcome });
}

/** Puts older messages before the items. A result whose call is among them moves to its call. */
export function prependEntries(items: Items, older: readonly MessageEntry[]): Items {
  const known = new Map(items.map((item) => [item.key, item]));
  const added = older.reduce<Items>(addEntry, []).map((item) => withResult(item, known.get(item.key)));
  const keys = new Set(added.map(({ key }) => key));
  return [...added, ...items.filter(({ key }) => !keys.has(key))];
}

function withResult(call: ViewItem, known: ViewItem | undefined): ViewItem {
  if (call.kind !== "tool" || known?.kind !== "tool") return call;
  const { phase, output, durationMs, exitCode } = known;
  return { ...call, phase, output, durationMs, exitCode };
}

function withoutRetry(items: Items, runId: string | undefined): Items {
  const last = items.at(-1);
  return last?.kind === "retry" && last.runId === runId ? items.slice(0, -1) : items;
}
