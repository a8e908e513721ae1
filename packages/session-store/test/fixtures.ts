import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Message, SessionEvent, SessionStore } from "@mini-openclaw/protocol";
import { openSessionStore, type SessionStoreOptions } from "../src/index.ts";

const timestamp = 1_767_225_600_000;

export function says(content: string): Message {
  return { role: "user", content, timestamp };
}

export function transcriptPath(folder: string, sessionId: string): string {
  return join(folder, `${sessionId}.jsonl`);
}

/** The lines of a file, parsed. */
export function linesOf(path: string): Record<string, unknown>[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A transcript as the store writes it, with these contents as user messages numbered from 1. */
export function writeTranscript(folder: string, sessionId: string, contents: readonly string[]): string {
  const header = { type: "session", v: 1, sessionId, key: "webchat", createdAt: timestamp };
  const entries = contents.map((content, index) => ({
    seq: index + 1,
    id: `id-${index + 1}`,
    role: "user",
    content,
    timestamp,
  }));
  const path = transcriptPath(folder, sessionId);
  writeFileSync(path, [header, ...entries].map((line) => `${JSON.stringify(line)}\n`).join(""));
  return path;
}

/** A store that closes itself. */
export async function openStore(
  folder: string,
  options?: SessionStoreOptions,
): Promise<SessionStore & AsyncDisposable> {
  const store = await openSessionStore(folder, options);
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}

export async function contentsOf(store: SessionStore, sessionId: string): Promise<string[]> {
  const messages = await store.loadMessages(sessionId, { limit: 10_000 });
  return messages.map(({ content }) => content);
}

const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** The events of a short run. */
export function runEvents(runId = "r1") {
  return {
    user: { type: "user_message", runId, id: `user-${runId}`, content: "hi", timestamp },
    start: { type: "run_start", runId, timestamp },
    chunk: { type: "chunk", runId, messageId: `answer-${runId}`, content: "Hel" },
    answer: { type: "assistant_message", runId, id: `answer-${runId}`, content: "Hello", timestamp },
    done: { type: "message_done", runId, content: "Hello" },
    end: { type: "run_end", runId, outcome: "completed", usage, timestamp },
  } as const satisfies Record<string, SessionEvent>;
}
