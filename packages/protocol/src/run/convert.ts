import type {
  AgentErrorEvent,
  KeptEvent,
  LiveEvent,
  MessageEvent,
  NumberedEvent,
  Numbering,
  RunEvent,
  SessionEvent,
  ToolDoneEvent,
} from "../session/events.ts";
import type { AssistantEntry, Entry, MessageEntry, SystemEntry, UserEntry } from "../session/transcript.ts";

/**
 * Returns the transcript entry of an event, or `undefined` for a live event. Inverse of
 * {@link toEvent}.
 */
export function toEntry(event: NumberedEvent | (RunEvent & Numbering)): Entry | undefined {
  if ("id" in event) return toMessageEntry(event);
  if (event.type === "run_end" || event.type === "session_updated" || event.type === "todo_updated") {
    const { sessionId: _session, ...entry } = event;
    return entry;
  }
  event satisfies LiveEvent | AgentErrorEvent;
  return undefined;
}

/** Returns the message of an event that records one. Only such events have an `id`. */
export function toMessageEntry(event: MessageEvent & Numbering): MessageEntry {
  const { type, sessionId: _, seq, id, runId, ...message } = event;
  const entry = { seq, id, runId };
  switch (type) {
    case "user_message":
      return { ...entry, role: "user", ...message } as UserEntry;
    case "assistant_message":
      return { ...entry, role: "assistant", ...message } as AssistantEntry;
    case "tool_done": {
      const { output, ...result } = message as Omit<ToolDoneEvent, "type" | "id" | "runId">;
      return { ...entry, role: "tool", content: output, ...result };
    }
    case "compaction":
      return { ...entry, role: "system", compaction: true, ...message } as SystemEntry;
  }
}

/**
 * Returns the event that a transcript entry was recorded as. Inverse of {@link toEntry}.
 *
 * Returns `undefined` for an entry that no run recorded: a message appended without a `runId`, or a
 * system message that is not a compaction.
 */
export function toEvent(sessionId: string, entry: Entry): (KeptEvent & NumberedEvent) | undefined {
  if (!("role" in entry)) return { sessionId, ...entry };
  const { runId } = entry;
  if (runId === undefined) return undefined;
  switch (entry.role) {
    case "user": {
      const { role: _, ...message } = entry;
      return { type: "user_message", sessionId, ...message, runId };
    }
    case "assistant": {
      const { role: _, ...message } = entry;
      return { type: "assistant_message", sessionId, ...message, runId };
    }
    case "tool": {
      const { role: _, content, ...result } = entry;
      return { type: "tool_done", sessionId, output: content, ...result, runId };
    }
    case "system": {
      const { role: _, compaction, ...message } = entry;
      return compaction ? { type: "compaction", sessionId, ...message, runId } : undefined;
    }
  }
}

/** Returns the event to record for an agent's event. An `error` becomes `run_error`. */
export function toSessionEvent(event: RunEvent): SessionEvent {
  return event.type === "error" ? { ...event, type: "run_error" } : event;
}
