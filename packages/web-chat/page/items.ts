import type {
  ChunkEvent,
  MessageEntry,
  NumberedEvent,
  RetryEvent,
  RunEndEvent,
  RunErrorEvent,
  ThinkingEvent,
  ToolOutputEvent,
  ToolStartEvent,
} from "@mini-openclaw/protocol";
import type { AssistantItem, Item, ToolItem } from "./chat.ts";

type Items = readonly Item[];

/** Puts an item in the place of the one with its key, or at the end. */
export function putItem(items: Items, item: Item): Items {
  const index = items.findLastIndex(({ key }) => key === item.key);
  return index < 0 ? [...items, item] : items.with(index, item);
}

/** Adds a message of the transcript, in the place of what was streamed of it. */
export function addEntry(items: Items, entry: MessageEntry): Items {
  const { seq, id, runId, content } = entry;
  switch (entry.role) {
    case "user":
      return putItem(items, { kind: "user", key: id, seq, runId, content, requestId: entry.requestId });
    case "assistant": {
      const thinking = (entry.blocks ?? [])
        .flatMap((block) => (block.type === "thinking" ? [block.text] : []))
        .join("\n\n");
      const { partial } = entry;
      const item: Item = {
        kind: "assistant",
        key: id,
        seq,
        runId,
        content,
        thinking,
        streaming: false,
        broken: false,
        partial,
      };
      const withText =
        content === "" && thinking === "" && partial === undefined
          ? items.filter(({ key }) => key !== id)
          : putItem(withoutRetry(items, runId), item);
      return addToolCalls(withText, entry);
    }
    case "tool":
      return updateTool(items, entry.callId, seq, () => ({
        runId,
        toolName: entry.toolName,
        output: content,
        phase: entry.isError ? "failed" : "done",
      }));
    case "system":
      return items;
  }
}

function addToolCalls(items: Items, entry: Extract<MessageEntry, { role: "assistant" }>): Items {
  const { seq, runId, toolCalls = [] } = entry;
  return toolCalls.reduce((sum, call, index) => {
    const { callId = `${entry.id}:${index}`, toolName, input, output } = call;
    // Files of the tutorial's code keep the result beside the call.
    const result = output === undefined ? {} : ({ output, phase: "done" } as const);
    return updateTool(sum, callId, seq, () => ({ runId, toolName, input, ...result }));
  }, items);
}

type LiveItemEvent = NumberedEvent & (ToolStartEvent | ToolOutputEvent | RetryEvent | RunErrorEvent);

/** The items after a live event that is not text of the model. */
export function nextItems(items: Items, event: LiveItemEvent): Items {
  const { seq, runId } = event;
  switch (event.type) {
    case "tool_start": {
      const { callId, toolName, input } = event;
      return updateTool(items, callId, seq, () => ({ runId, toolName, input, phase: "running" }));
    }
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
      return putItem(withoutRetry(items, runId), {
        kind: "error",
        key: `error:${runId}`,
        seq,
        runId,
        code,
        message,
      });
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
  const tool: ToolItem = before ?? {
    kind: "tool",
    key,
    seq,
    runId: undefined,
    toolName: "",
    input: {},
    phase: "called",
    output: "",
  };
  return putItem(items, { ...tool, ...change(tool) });
}

/**
 * Adds a piece of text to the message that streams. A message that is complete stays as it is.
 *
 * `isJoined`: if it is the first piece that came, others may have come before it.
 */
export function streamText(
  items: Items,
  event: NumberedEvent & (ChunkEvent | ThinkingEvent),
  isJoined: boolean,
): Items {
  const { messageId, runId, seq, type, content } = event;
  const found = items.findLast(({ key }) => key === messageId);
  if (found && (found.kind !== "assistant" || !found.streaming)) return items;
  const before: AssistantItem = found ?? {
    kind: "assistant",
    key: messageId,
    seq,
    runId,
    content: "",
    thinking: "",
    streaming: true,
    broken: isJoined,
    partial: undefined,
  };
  const field = type === "chunk" ? "content" : "thinking";
  const gap = before[field] === "" ? "… " : "\n\n…\n\n";
  const text = before[field] + (before.broken ? gap : "") + content;
  return putItem(withoutRetry(items, runId), { ...before, broken: false, [field]: text });
}

/** Ends what a run left open, and says how it ended if it gave no answer and nothing else says so. */
export function endRun(items: Items, { runId, outcome, seq }: NumberedEvent & RunEndEvent): Items {
  const ended = withoutRetry(items, runId).map((item): Item => {
    if (item.runId !== runId) return item;
    if (item.kind === "assistant" && item.streaming) return { ...item, streaming: false };
    if (item.kind === "tool" && (item.phase === "called" || item.phase === "running")) {
      return { ...item, phase: "failed" };
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

function withoutRetry(items: Items, runId: string | undefined): Items {
  const last = items.at(-1);
  return last?.kind === "retry" && last.runId === runId ? items.slice(0, -1) : items;
}
