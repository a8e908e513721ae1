import type {
  ChunkEvent,
  NumberedEvent,
  RunFailure,
  SessionUpdatedEvent,
  ThinkingEvent,
  TodoUpdatedEvent,
} from "../session/events.ts";
import type { AssistantEntry, MessageEntry, RunEndEntry } from "../session/transcript.ts";
import type { AssistantItem, ToolItem, ViewItem } from "./session-view.ts";

type Items = readonly ViewItem[];

/** Replaces the item with the same key, or appends the item. */
function putItem(items: Items, item: ViewItem): Items {
  const index = items.findLastIndex(({ key }) => key === item.key);
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
  switch (entry.role) {
    case "user": {
      const { blocks, requestId } = entry;
      return putItem(items, { kind: "user", key, seq, runId, content, timestamp, blocks, requestId });
    }
    case "assistant":
      return addToolCalls(addText(items, entry), entry);
    case "tool": {
      const { role: _, id: _id, content: output, isError, ...result } = entry;
      const phase = isError ? "failed" : "done";
      return updateTool(items, { ...result, runId, phase, output, asksFor: undefined });
    }
    case "system":
      return entry.compaction ? putItem(items, { kind: "compaction", key, seq, runId, content }) : items;
  }
}

function addText(items: Items, entry: AssistantEntry): Items {
  const { id: key, seq, runId, content, blocks = [], partial, model, timestamp } = entry;
  const thoughts = blocks.flatMap((block) => (block.type === "thinking" ? [block.text] : []));
  const thinking = thoughts.join("\n\n");
  if (!(content || thinking || partial)) return items.filter((item) => item.key !== key);
  return putItem(withoutRetry(items, runId), {
    kind: "assistant",
    key,
    seq,
    runId,
    content,
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
      : putItem(sum, { ...newTool, ...call, key: `tool:${id}:${callId ?? index}` });
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
  switch (event.type) {
    case "chunk":
    case "thinking":
      return streamText(items, event);
    case "tool_start": {
      const { type: _, sessionId: _session, ...start } = event;
      return updateTool(items, { ...start, phase: "running" });
    }
    case "approval_request": {
      const { type: _, sessionId: _session, ...call } = event;
      return updateTool(items, { ...call, asksFor: event });
    }
    case "approval_done":
      return updateTool(items, { seq, runId, callId: event.callId, asksFor: undefined });
    case "tool_output": {
      const { type: _, sessionId: _session, content, ...call } = event;
      return updateTool(items, { ...call, output: (findTool(items, event)?.output ?? "") + content });
    }
    case "retry": {
      const { type: kind, attempt, code } = event;
      return putOfRun(items, { kind, seq, runId, attempt, code });
    }
    case "run_error":
      return addFailure(withoutRetry(items, runId), event);
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
  const tool = findTool(items, change) ?? { ...newTool, key: resultKey(change), seq };
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

/** The key of a result whose call is not among the items. */
function resultKey({ runId, callId }: Pick<ToolItem, "runId" | "callId">): string {
  return `tool:${runId}:${callId}`;
}

const newText = { kind: "assistant", content: "", thinking: "", streaming: true } as Omit<
  AssistantItem,
  "key" | "seq" | "runId"
>;

/** Adds a piece of text to the message that streams. A complete message stays as it is. */
function streamText(items: Items, event: NumberedEvent & (ChunkEvent | ThinkingEvent)): Items {
  const { messageId: key, runId, seq, type, content } = event;
  const found = items.findLast((item) => item.key === key);
  if (found && (found.kind !== "assistant" || !found.streaming)) return items;
  const text: AssistantItem = found ?? { ...newText, key, seq, runId };
  const field = type === "chunk" ? "content" : "thinking";
  return putItem(withoutRetry(items, runId), { ...text, [field]: text[field] + content });
}

/**
 * Closes the open items of a run. Adds the outcome if the run has no answer and no other item
 * explains that.
 */
function endRun(items: Items, end: Omit<RunEndEntry, "type">): Items {
  const { seq, runId, outcome, error } = end;
  const ended = withoutRetry(items, runId).map((item): ViewItem => {
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
    const call = item.kind === "tool" && item.key === resultKey(item) && findOpenTool(added, item);
    if (call) added = putItem(added, { ...item, key: call.key, seq: call.seq, input: call.input });
    return !call && !keys.has(item.key);
  });
  return [...added, ...newer];
}

function addOlder(items: Items, entry: MessageEntry | RunEndEntry): Items {
  return "role" in entry ? addEntry(items, entry) : endRun(items, entry);
}

function withoutRetry(items: Items, runId: string | undefined): Items {
  const last = items.at(-1);
  return last?.kind === "retry" && last.runId === runId ? items.slice(0, -1) : items;
}
