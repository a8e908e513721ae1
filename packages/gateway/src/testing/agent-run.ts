import { equal, ok } from "node:assert/strict";
import type { AgentInput, AgentRunner, RunEvent } from "@mini-openclaw/protocol";

function input(content: string, more: Partial<AgentInput> = {}): AgentInput {
  const { signal } = new AbortController();
  return {
    sessionId: "s",
    runId: "run-1",
    messages: [{ role: "user", content, timestamp: 1 }],
    signal,
    ...more,
  };
}

/** A whole run. */
export async function run(
  agent: AgentRunner,
  content: string,
  more: Partial<AgentInput> = {},
): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of agent.run(input(content, more))) events.push(event);
  return events;
}

/** A run up to the first thing that somebody would see; the rest is for the caller. */
export async function begin(agent: AgentRunner, content: string, more: Partial<AgentInput> = {}) {
  const iterator = agent.run(input(content, more))[Symbol.asyncIterator]();
  const events: RunEvent[] = [];
  while (!events.some(({ type }) => type === "chunk" || type === "tool_start")) {
    const { done, value } = await iterator.next();
    if (done) throw new Error(`The run ended before its first text or tool call: ${JSON.stringify(events)}`);
    events.push(value);
  }
  return { events, iterator };
}

/** Returns the remaining events of an iterator. */
export async function restOf(iterator: AsyncIterator<RunEvent>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) events.push(next.value);
  return events;
}

/** Fails when the work takes longer. */
export async function within<Value>(timeMs: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The run did not end within ${timeMs} ms.`)), timeMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the streamed text, of the whole run or under one id. */
export function textOf(events: readonly RunEvent[], id?: string): string {
  return events
    .map((event) =>
      event.type === "chunk" && (id === undefined || event.messageId === id) ? event.content : "",
    )
    .join("");
}

export function assertOutcome(events: readonly RunEvent[], outcome: string): void {
  const end = events.at(-1);
  ok(end?.type === "run_end");
  equal(end.outcome, outcome);
}

/** Each turn has one `assistant_message`, after its chunks and with all of them. */
export function assertTurns(events: readonly RunEvent[]): void {
  const ids = events.flatMap((event) => (event.type === "assistant_message" ? [event.id] : []));
  equal(new Set(ids).size, ids.length, "no id is given twice");
  for (const [index, event] of events.entries()) {
    if (event.type === "chunk") {
      const after = events.slice(index);
      ok(after.some((one) => one.type === "assistant_message" && one.id === event.messageId));
    }
    if (event.type !== "assistant_message") continue;
    const streamed = textOf(events.slice(0, index), event.id);
    if (streamed !== "") equal(event.content, streamed);
  }
}

/** Each call that was started has one result, before the next turn begins. */
export function assertResults(events: readonly RunEvent[]): void {
  for (const start of events) {
    if (start.type !== "tool_start") continue;
    const results = events.filter((event) => event.type === "tool_done" && event.callId === start.callId);
    equal(results.length, 1, `results of ${start.callId}`);
    const at = events.indexOf(results[0] as RunEvent);
    const from = events.indexOf(start);
    ok(at > from);
    ok(!events.slice(from, at).some(({ type }) => type === "assistant_message" || type === "message_done"));
  }
}

/** The calls of the turn that was completed last before an event. */
export function callsBefore(events: readonly RunEvent[], event: RunEvent): (string | undefined)[] {
  const turn = events.slice(0, events.indexOf(event)).findLast(({ type }) => type === "assistant_message");
  return turn?.type === "assistant_message" ? (turn.toolCalls ?? []).map(({ callId }) => callId) : [];
}
