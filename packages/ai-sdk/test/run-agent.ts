import type { AgentInput, AgentRunner, RunEvent } from "@mini-openclaw/protocol";

/** Runs an agent on one message. Resolves with its events. */
export async function run(agent: AgentRunner, more: Partial<AgentInput> = {}): Promise<RunEvent[]> {
  const { signal } = new AbortController();
  const messages = [{ role: "user", content: "hi", timestamp: 1 }] as const;
  const events: RunEvent[] = [];
  for await (const event of agent.run({ sessionId: "s", runId: "run-1", messages, signal, ...more }))
    events.push(event);
  return events;
}
