import type { Message, RecordedEvent, SessionEvent, SessionLog, SessionStore } from "@mini-openclaw/protocol";

/** One promise of the port, and the program that shows it. */
export type PortTests = Record<string, (store: SessionStore) => Promise<void>>;

/** A user message of the year 2026. */
export function says(content: string, timestamp = 1_767_225_600_000): Message {
  return { role: "user", content, timestamp };
}

/** A session of that key with these messages. */
export async function sessionOf(store: SessionStore, key: string, ...contents: string[]): Promise<string> {
  const { sessionId } = await store.createSession(key);
  for (const content of contents) await store.appendMessage(sessionId, says(content));
  return sessionId;
}

const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
const timestamp = 1_767_225_600_000;

/** The events of a run, as far as the tests need them. */
export function runEvents(runId: string) {
  return {
    queued: { type: "message_queued", runId, content: "later", timestamp },
    user: { type: "user_message", runId, id: `user-${runId}`, content: "hi", timestamp },
    start: { type: "run_start", runId, timestamp },
    chunk: { type: "chunk", runId, messageId: `answer-${runId}`, content: "Hel" },
    call: {
      type: "assistant_message",
      runId,
      id: `call-${runId}`,
      content: "",
      timestamp,
      toolCalls: [{ callId: "call-1", toolName: "bash", input: { command: "ls" } }],
    },
    answer: { type: "assistant_message", runId, id: `answer-${runId}`, content: "Hello", timestamp },
    done: { type: "message_done", runId, content: "Hello" },
    end: { type: "run_end", runId, outcome: "completed", usage, timestamp },
  } as const satisfies Record<string, SessionEvent>;
}

/** Reads events until one of that type and run. */
export async function readUntil(
  log: SessionLog,
  last: { type: SessionEvent["type"]; runId: string },
  after = 0,
): Promise<RecordedEvent[]> {
  const numbered: RecordedEvent[] = [];
  for await (const one of log.read({ after })) {
    numbered.push(one);
    if (one.event.type === last.type && "runId" in one.event && one.event.runId === last.runId) break;
  }
  return numbered;
}

/** Collects an async iterable. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** For `assert.rejects`: an error with that code. */
export function code(expected: string): (error: unknown) => boolean {
  return (error) => (error as { code?: unknown } | undefined)?.code === expected;
}
