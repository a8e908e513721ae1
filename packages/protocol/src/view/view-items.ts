import type {
  NumberedEvent,
  RunFailure,
  SessionUpdatedEvent,
  TodoUpdatedEvent,
  ToolOutputEvent,
} from "../session/events.ts";
import type { ChunkEvent, ThinkingEvent, ToolInputEvent } from "../session/streamed-events.ts";
import type { AssistantEntry, MessageEntry, RunEndEntry } from "../session/transcript.ts";
import type { AssistantItem, ToolItem, ViewItem } from "./session-view.ts";

type Items = readonly ViewItem[];

/** Returns the index of the item with the key, or -1. */
export function indexOf(items: Items, wanted: string): number {
  return items.findLastIndex(({ key }) => key === wanted);
}

/** Replaces the item with the same key, or appends the item. */
function putItem(items: Items, item: ViewItem): Items {
  const index = indexOf(items, item.key);
  return index < 0 ? [...items, item] : items.with(index, item);
}

type OfRun<Item> = Item extends { kind: "retry" | "outcome" | "error" } ? Omit<Item, "key"> : never;

/** Puts the item of which each run has one at most. */
function putOfRun(items: Items, item: OfRun<ViewItem>): Items {
  return putItem(items, { ...item, key: `${item.kind}:${item.runId}` } as ViewItem);
}

/** Adds a message of the transcript. It replaces the item that streamed it. */
export function addEntry(items: Items, entry: MessageEntry): Items {
  const { seq, id: key, runId, content, timestamp } = entry;
  const item = { key, seq, runId, content };
  switch (entry.role) {
    case "user": {
      const { blocks, requestId } = entry;
      return putItem(items, { ...item, kind: "user", timestamp, blocks, requestId });
    }
    case "assistant":
      return addToolCalls(addText(withoutPending(items, runId), entry), entry);
    case "tool": {
      const { role: _, id: _id, content: output, isError, ...result } = entry;
      const phase = isError ? "failed" : "done";
      return updateTool(items, { ...result, runId, phase, output, asksFor: undefined });
    }
    case "system":
      return entry.compaction ? putItem(items, { ...item, kind: "compaction" }) : items;
  }
}

function addText(items: Items, entry: AssistantEntry): Items {
  const { id: key, seq, runId, content, blocks = [], partial, model, timestamp } = entry;
  const thoughts = blocks.flatMap((block) => (block.type === "thinking" ? [block.text] : []));
  const thinking = thoughts.join("\n\n");
  if (!(content || thinking || partial)) return items.filter((item) => item.key !== key);
  return putItem(items, {
    kind: "assistant",
    key,
    seq,
    runId,
    content,
    blocks,
    thinking,
    streaming: false,
    partial,
    model,
    timestamp,
  });
}

function addToolCalls(items: Items, { id, seq, runId, toolCalls = [] }: AssistantEntry): Items {
  return toolCalls.reduce((sum, { callId, toolName, input, output }, index) => {
    // Legacy files have no call ids, and keep the result beside the call.
    const result = output === undefined ? {} : ({ output, phase: "done" } as const);
    const call = { seq, runId, callId, toolName, input, ...result };
    // Some models number their calls from 0 in each turn, so a call that has its result is another
    // one.
    return findOpenTool(sum, call)
      ? updateTool(sum, call)
      : putItem(sum, { ...newTool, ...call, key: toolKey(id, callId ?? index) });
  }, items);
}

/**
 * Returns the items after an event that belongs to a run and is not a message. {@link addEntry}
 * adds messages.
 */
export function nextItems(
  items: Items,
  event: Exclude<NumberedEvent, { id: string } | SessionUpdatedEvent | TodoUpdatedEvent>,
): Items {
  const { seq, runId } = event;
  // The fields of an event about a tool call, which are also those of its item.
  const { type: _, sessionId: _session, content, ...call } = event as NumberedEvent & ToolOutputEvent;
  switch (event.type) {
    case "chunk":
    case "thinking":
    case "tool_input":
      return streamPiece(items, event);
    case "tool_start":
      return updateTool(items, { ...call, phase: "running" });
    case "approval_request":
      return updateTool(items, { ...call, asksFor: event });
    case "approval_done":
      return updateTool(items, { seq, runId, callId: event.callId, asksFor: undefined });
    case "tool_output":
      return updateTool(items, { ...call, output: (findTool(items, event)?.output ?? "") + content });
    case "retry": {
      const { type: kind, attempt, code } = event;
      return putOfRun(withoutPending(items, runId), { kind, seq, runId, attempt, code });
    }
    case "run_error":
      return addFailure(withoutPending(items, runId), event);
    case "run_end":
      return endRun(items, event);
    case "message_queued":
    case "run_start":
    case "message_done":
      return items;
  }
}

/**
 * A tool call of which nothing else is known. Its other fields are undefined, and left out to keep
 * the page small.
 */
const newTool = { kind: "tool", toolName: "", input: {}, phase: "called", output: "" } as Omit<
  ToolItem,
  "key" | "seq" | "runId"
>;

type ToolChange = Partial<ToolItem> & Pick<ToolItem, "seq" | "runId" | "callId">;

/** Changes a tool's item, or appends a new one. The item keeps its position. */
function updateTool(items: Items, { seq, ...change }: ToolChange): Items {
  const tool = findTool(items, change) ?? { ...newTool, key: toolKey(change.runId, change.callId), seq };
  return putItem(items, { ...tool, ...change });
}

/** Finds the newest call with this id in its run. The next run may use the same ids. */
function findTool(items: Items, { runId, callId }: Pick<ToolItem, "runId" | "callId">): ToolItem | undefined {
  return items.findLast(
    (item): item is ToolItem => item.kind === "tool" && item.runId === runId && item.callId === callId,
  );
}

/** Finds a call that has an id and no result yet. */
function findOpenTool(items: Items, call: Pick<ToolItem, "runId" | "callId">): ToolItem | undefined {
  const tool = findTool(items, call);
  return tool && isOpen(tool) && call.callId !== undefined ? tool : undefined;
}

function isOpen({ phase }: ToolItem): boolean {
  return /called|running/.test(phase);
}

/** The key of a call in a message, or in its run where the message is not among the items. */
function toolKey(owner: string | undefined, callId: string | number | undefined): string {
  return `tool:${owner}:${callId}`;
}

const newText = { kind: "assistant", content: "", thinking: "", streaming: true };

const newInput = { ...newTool, inputText: "" };

type Streamed = Partial<Omit<AssistantItem, "kind"> & Omit<ToolItem, "kind">>;

const streamedFields = { chunk: "content", thinking: "thinking", tool_input: "inputText" } as const;

/** Adds a piece to the message or the call that streams. A complete message stays as it is. */
function streamPiece(
  items: Items,
  event: NumberedEvent & (ChunkEvent | ThinkingEvent | ToolInputEvent),
): Items {
  const { type, messageId, runId, seq, content } = event;
  const { callId, toolName } = event as ToolInputEvent;
  const key = callId === undefined ? messageId : toolKey(messageId, callId);
  const found = items[indexOf(items, key)] as Streamed | undefined;
  if (found?.streaming === false) return items;
  const item = found ?? { ...(callId ? newInput : newText), callId, toolName, key, seq, runId };
  const field = streamedFields[type];
  return putItem(withoutRetry(items, runId), { ...item, [field]: item[field] + content } as ViewItem);
}

/**
 * Closes the open items of a run. Adds the outcome if the run has no answer and no other item
 * explains that.
 */
function endRun(items: Items, end: Omit<RunEndEntry, "type">): Items {
  const { seq, runId, outcome, error } = end;
  const ended = withoutPending(items, runId).map((item): ViewItem => {
    if (item.runId !== runId) return item;
    if (item.kind === "assistant" && item.streaming) return { ...item, streaming: false };
    return item.kind === "tool" && isOpen(item) ? { ...item, phase: "failed", asksFor: undefined } : item;
  });
  const isExplained = ended.some(
    (item) =>
      item.runId === runId &&
      (item.kind === "error" || (item.kind === "assistant" && item.partial === outcome)),
  );
  if (isExplained || outcome === "completed") return ended;
  if (error) return addFailure(ended, { seq, runId, ...error });
  return putOfRun(ended, { kind: "outcome", seq, runId, outcome });
}

function addFailure(
  items: Items,
  { seq, runId, code, message }: RunFailure & Pick<RunEndEntry, "seq" | "runId">,
): Items {
  return putOfRun(items, { kind: "error", seq, runId, code, message });
}

/**
 * Puts older messages and ends of runs in front. A result whose call is among the older messages
 * moves to its call.
 */
export function prependEntries(items: Items, older: readonly (MessageEntry | RunEndEntry)[]): Items {
  let added = older.reduce<Items>(addOlder, []);
  const keys = new Set(added.map(({ key }) => key));
  const newer = items.filter((item) => {
    const call =
      item.kind === "tool" && item.key === toolKey(item.runId, item.callId) && findOpenTool(added, item);
    if (call) added = putItem(added, { ...item, key: call.key, seq: call.seq, input: call.input });
    return !call && !keys.has(item.key);
  });
  return [...added, ...newer];
}

function addOlder(items: Items, entry: MessageEntry | RunEndEntry): Items {
  return "role" in entry ? addEntry(items, entry) : endRun(items, entry);
}

/** Removes what ends with a turn: the retry of a model call, and calls that are not complete. */
function withoutPending(items: Items, runId: string | undefined): Items {
  return withoutRetry(items, runId).filter((item) => item.runId !== runId || !("inputText" in item));
}

function withoutRetry(items: Items, runId: string | undefined): Items {
  return items.at(-1)?.key === `retry:${runId}` ? items.slice(0, -1) : items;
}
