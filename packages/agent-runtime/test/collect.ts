import type { AgentInput, AgentRunner, Message, RunEvent } from "@mini-openclaw/protocol";

export const NOW = Date.UTC(2026, 10, 22, 14, 30, 5);

export function user(content: string): Message {
  return { role: "user", content, timestamp: 1 };
}

export function inputOf(content: string | readonly Message[], fields: Partial<AgentInput> = {}): AgentInput {
  const messages = typeof content === "string" ? [user(content)] : content;
  return { sessionId: "s1", runId: "r1", messages, signal: new AbortController().signal, ...fields };
}

/** All events of one run. */
export async function eventsOf(agent: AgentRunner, input: AgentInput): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of agent.run(input)) events.push(event);
  return events;
}

/** Each event in a few words, so that a test can show a whole run. */
export function outline(events: readonly RunEvent[]): string[] {
  return events.map((event) => {
    switch (event.type) {
      case "chunk":
      case "thinking":
        return `${event.type} ${event.content}`;
      case "tool_input":
        return `tool_input ${event.callId} ${event.toolName} ${event.content}`;
      case "compaction":
        return `compaction ${event.content}`;
      case "assistant_message": {
        const calls = (event.toolCalls ?? []).map(({ toolName }) => ` +${toolName}`).join("");
        return `assistant_message${event.partial ? ` (${event.partial})` : ""} ${event.content}${calls}`;
      }
      case "tool_start":
        return `tool_start ${event.callId}`;
      case "tool_output":
        return `tool_output ${event.callId} ${event.taskSessionId ?? event.content}`;
      case "tool_done":
        return `tool_done ${event.callId} ${event.isError ? "error: " : ""}${event.output}`;
      case "approval_request":
        return `approval_request ${event.callId} ${event.reason}`;
      case "approval_done":
        return `approval_done ${event.callId} ${event.decision}`;
      case "todo_updated":
        return `todo_updated ${event.items.map(({ text, state }) => `${text}: ${state}`).join(", ")}`;
      case "retry":
        return `retry ${event.attempt} ${event.code}`;
      case "error":
        return `error ${event.code}`;
      case "message_done":
        return `message_done ${event.content}`;
      case "run_end":
        return `run_end ${event.outcome}`;
      case "user_message":
      case "run_start":
        return event.type;
    }
  });
}
