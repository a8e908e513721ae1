import type { ChunkEvent, NumberedEvent, RunEndEvent, ThinkingEvent } from "../session/events.ts";
import type { AssistantEntry, MessageEntry } from "../session/transcript.ts";
import type { AssistantItem, ToolItem, ViewItem } from "./session-view.ts";

type Items = readonly ViewItem[];

/** Puts an item in the place of the one with its key, or at the end. */
function putItem(items: Items, item: ViewItem): Items {
  const index = items.findLastIndex(({ key }) => key === item.key);
  return index < 0 ? [...items, item] : items.with(index, item);
}

/** Adds a message of the transcript, in the place of what was streamed of it. */
export function addEntry(items: Items, entry: MessageEntry): Items {
  const { seq, id: key, runId, content } = entry;
  switch (entry.role) {
    case "user":
      return putItem(items, { kind: "user", key, seq, runId, content, requestId: entry.requestId });
    case "assistant":
      return addToolCalls(addText(items, entry), entry);
    case "tool": {
      const { callId, toolName, isError, durationMs, exitCode } = entry;
      const phase = isError ? "failed" : "done";
      const result = { phase, output: content, asksFor: undefined, durationMs, exitCode } as const;
      return updateTool(items, callId, { seq, runId, callId, toolName, ...result });
    }
    case "system":
      return entry.compaction ? putItem(items, { kind: "compaction", key, seq, runId, content }) : items;
  }
}

/** Leaves out what runs that were started over had answered. What the user said, and what was summed up, stays. */
export function withoutAnswers(items: Items, runIds: readonly string[]): Items {
  const isRetried = (item: ViewItem) => runIds.some((runId) => runId === item.runId);
  return items.filter((item) => item.kind === "user" || item.kind === "compaction" || !isRetried(item));
}

function addText(items: Items, entry: AssistantEntry): Items {
  const { id: key, seq, runId, content, blocks = [], partial, model } = entry;
  const thoughts = blocks.flatMap((block) => (block.type === "thinking" ? [block.text] : []));
  const thinking = thoughts.join("\n\n");
  if (content === "" && thinking === "" && partial === undefined) {
    return items.filter((item) => item.key !== key);
  }
  const text = { content, thinking, streaming: false, partial, model };
  return putItem(withoutRetry(items, runId), { kind: "assistant", key, seq, runId, ...text });
}

function addToolCalls(items: Items, { id, seq, runId, toolCalls = [] }: AssistantEntry): Items {
  return toolCalls.reduce((sum, { callId, toolName, input, output }, index) => {
    // Files of the tutorial's code have no ids of calls, and keep the result beside the call.
    const result = output === undefined ? {} : ({ output, phase: "done" } as const);
    return updateTool(sum, callId ?? `${id}:${index}`, { seq, runId, callId, toolName, input, ...result });
  }, items);
}

/** The items after an event that is no message of the transcript; those are for {@link addEntry}. */
export function nextItems(items: Items, event: NumberedEvent): Items {
  if (event.type === "session_updated") return items;
  const { seq, runId } = event;
  switch (event.type) {
    case "chunk":
    case "thinking":
      return streamText(items, event);
    case "tool_start": {
      const { callId, toolName, input } = event;
      return updateTool(items, callId, { seq, runId, callId, toolName, input, phase: "running" });
    }
    case "approval_request": {
      const { callId, toolName, reason: asksFor } = event;
      return updateTool(items, callId, { seq, runId, callId, toolName, asksFor });
    }
    case "approval_done":
      return updateTool(items, event.callId, { seq, runId, asksFor: undefined });
    case "tool_output": {
      const { callId, content } = event;
      return updateTool(items, callId, {
        seq,
        runId,
        output: (findTool(items, callId)?.output ?? "") + content,
      });
    }
    case "retry": {
      const { attempt, code } = event;
      return putItem(items, { kind: "retry", key: `retry:${runId}`, seq, runId, attempt, code });
    }
    case "run_error": {
      const { code, message } = event;
      const failure = { kind: "error", key: `error:${runId}`, seq, runId, code, message } as const;
      return putItem(withoutRetry(items, runId), failure);
    }
    case "run_end":
      return endRun(items, event);
    case "user_message":
    case "assistant_message":
    case "tool_done":
    case "compaction":
    case "message_queued":
    case "run_start":
    case "message_done":
      return items;
  }
}

const newTool: Omit<ToolItem, "key" | "seq" | "runId"> = {
  ...({ kind: "tool", callId: undefined, toolName: "", input: {}, phase: "called", output: "" } as const),
  ...{ asksFor: undefined, durationMs: undefined, exitCode: undefined },
};

type ToolChange = Partial<ToolItem> & Pick<ToolItem, "seq" | "runId">;

/** Changes a tool's item, which is added if it is not there. It keeps its place. */
function updateTool(items: Items, id: string, { seq, ...change }: ToolChange): Items {
  const tool = findTool(items, id) ?? { ...newTool, key: toolKey(id), seq };
  return putItem(items, { ...tool, ...change });
}

function findTool(items: Items, id: string): ToolItem | undefined {
  const key = toolKey(id);
  return items.findLast((item): item is ToolItem => item.key === key && item.kind === "tool");
}

function toolKey(id: string): string {
  return `tool:${id}`;
}

const newText: Omit<AssistantItem, "key" | "seq" | "runId"> = {
  ...({ kind: "assistant", content: "", thinking: "", streaming: true } as const),
  ...{ partial: undefined, model: undefined },
};

/** Adds a piece of text to the message that streams. A message that is complete stays as it is. */
function streamText(items: Items, event: NumberedEvent & (ChunkEvent | ThinkingEvent)): Items {
  const { messageId: key, runId, seq, type, content } = event;
  const found = items.findLast((item) => item.key === key);
  if (found && (found.kind !== "assistant" || !found.streaming)) return items;
  const text: AssistantItem = found ?? { ...newText, key, seq, runId };
  const field = type === "chunk" ? "content" : "thinking";
  return putItem(withoutRetry(items, runId), { ...text, [field]: text[field] + content });
}

/** Ends what a run left open, and says how it ended if it gave no answer and nothing else says so. */
function endRun(items: Items, { runId, outcome, seq }: NumberedEvent & RunEndEvent): Items {
  const ended = withoutRetry(items, runId).map((item): ViewItem => {
    if (item.runId !== runId) return item;
    if (item.kind === "assistant" && item.streaming) return { ...item, streaming: false };
    if (item.kind === "tool" && (item.phase === "called" || item.phase === "running")) {
      return { ...item, phase: "failed", asksFor: undefined };
    }
    return item;
  });
  const isTold = ended.some(
    (item) =>
      item.runId === runId &&
      ((item.kind === "error" && (outcome === "failed" || outcome === "budget")) ||
        (item.kind === "assistant" && item.partial === outcome)),
  );
  if (isTold || outcome === "completed") return ended;
  return putItem(ended, { kind: "outcome", key: `outcome:${runId}`, seq, runId, outcome });
}

/** Puts older messages before the items. A result whose call is among them moves to its call. */
export function prependEntries(items: Items, older: readonly MessageEntry[]): Items {
  const added = new Map(older.reduce<Items>(addEntry, []).map((item) => [item.key, item]));
  const newer = items.filter((result) => {
    const item = added.get(result.key);
    if (item?.kind === "tool" && result.kind === "tool") {
      added.set(item.key, { ...result, seq: item.seq, input: item.input });
    }
    return !item;
  });
  return [...added.values(), ...newer];
}

function withoutRetry(items: Items, runId: string | undefined): Items {
  const last = items.at(-1);
  return last?.kind === "retry" && last.runId === runId ? items.slice(0, -1) : items;
}
