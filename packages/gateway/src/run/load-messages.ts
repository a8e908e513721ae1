import { isMessageEntry, type MessageEntry, type SessionStore } from "@mini-openclaw/protocol";
import { GatewayError } from "../shared/errors.ts";

/**
 * The newest `limit` messages that an agent is shown, oldest first. Answers that a retry has replaced are not among them:
 * those of the runs that an assistant message names as its `retryOf`, and of `retryOf`.
 */
export async function loadRunMessages(
  store: Pick<SessionStore, "loadMessages">,
  sessionId: string,
  { limit, retryOf }: { limit: number; retryOf?: string | undefined },
): Promise<MessageEntry[]> {
  let messages = await store.loadMessages(sessionId, { limit });
  for (;;) {
    const shown = withoutReplaced(messages, retryOf);
    const [oldest] = messages;
    if (shown.length === messages.length || shown.length >= limit || !oldest) return shown.slice(-limit);
    const older = await store.loadMessages(sessionId, { limit, before: oldest.seq });
    if (older.length === 0) return shown;
    messages = [...older, ...messages];
  }
}

function withoutReplaced(messages: MessageEntry[], retryOf: string | undefined): MessageEntry[] {
  const replaced = new Set(messages.flatMap((entry) => (entry.role === "assistant" && entry.retryOf) || []));
  if (retryOf !== undefined) replaced.add(retryOf);
  if (replaced.size === 0) return messages;
  const answered = new Set<string>();
  return messages.filter(({ role, runId }) => {
    if (runId === undefined || !replaced.has(runId) || role === "user") return true;
    if (role !== "system") answered.add(runId);
    // What a run summed up before it answered is not part of its answer.
    return role === "system" && !answered.has(runId);
  });
}

/**
 * The run whose messages a retry of `runId` answers anew: the session's newest one, or, when that was itself a retry that
 * ended before it said anything, the run that it was to replace.
 *
 * @throws GatewayError `RUN_NOT_FOUND` if the session's newest run is another, or something else was said since
 */
export async function findRetriedRun(
  store: Pick<SessionStore, "loadMessages" | "entries">,
  sessionId: string,
  runId: string,
): Promise<string> {
  const [newest] = await store.loadMessages(sessionId, { limit: 1 });
  if (newest?.runId === runId) return runId;
  if (newest?.runId !== undefined) {
    for await (const entry of store.entries(sessionId, { after: newest.seq })) {
      if (!isMessageEntry(entry) && entry.type === "run_end" && entry.runId === runId) return newest.runId;
    }
  }
  throw new GatewayError("RUN_NOT_FOUND", "runId: the session's newest run is another.");
}
