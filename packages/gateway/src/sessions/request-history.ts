import { isMessageEntry, type SessionStore } from "@mini-openclaw/protocol";
import type { RunCause } from "../run/run-types.ts";

/** A message or retry with an id, as a transcript has it. */
export interface PastRequest {
  readonly requestId: string;
  readonly runId: string;
  readonly cause: RunCause;
}

type Store = Pick<SessionStore, "loadMessages" | "entries">;

// A client repeats what was not acknowledged, soon after. PROTOCOL.md promises the last 1,000
// messages of a session.
export const MAX_MESSAGES = 1000;

// The same for retries, counted in messages. A retry answers the newest run, so none is far back
// when it is repeated.
const RETRIED_MESSAGES = 2000;

/** Reads the messages that came with an id, among the session's last ones, oldest first. */
export async function readPastMessages(store: Store, sessionId: string): Promise<PastRequest[]> {
  const messages = await store.loadMessages(sessionId, { role: "user", limit: MAX_MESSAGES });
  const found: PastRequest[] = [];
  for (const message of messages) {
    if (message.role !== "user" || message.requestId === undefined || message.runId === undefined) continue;
    const { requestId, runId, content, blocks, editOf } = message;
    const cause = { content, ...(blocks && { blocks }), ...(editOf !== undefined && { editOf }) };
    found.push({ requestId, runId, cause });
  }
  return found;
}

/** Reads the retries that came with an id, among the session's last messages, oldest first. */
export async function readPastRetries(store: Store, sessionId: string): Promise<PastRequest[]> {
  const [oldest] = await store.loadMessages(sessionId, { limit: RETRIED_MESSAGES });
  const found: PastRequest[] = [];
  if (!oldest) return found;
  for await (const entry of store.entries(sessionId, { after: oldest.seq })) {
    if (isMessageEntry(entry) || entry.type !== "run_end" || !entry.retryRequest) continue;
    const { id, runId: retryOf } = entry.retryRequest;
    found.push({ requestId: id, runId: entry.runId, cause: { retryOf } });
  }
  return found;
}
