import {
  currentEntries,
  isMessageEntry,
  type MessageEntry,
  type SessionStore,
} from "@mini-openclaw/protocol";
import { GatewayError } from "../shared/errors.ts";

/**
 * Returns the newest `limit` messages for the agent, oldest first. Leaves out answers that a retry
 * has replaced: those of runs that an assistant message names as its `retryOf`, and those of
 * `retryOf`.
 */
export async function loadRunMessages(
  store: Pick<SessionStore, "loadMessages">,
  sessionId: string,
  { limit, retryOf }: { limit: number; retryOf?: string | undefined },
): Promise<MessageEntry[]> {
  let messages = await store.loadMessages(sessionId, { limit });
  for (;;) {
    const shown = withoutReplaced(currentEntries(messages).entries, retryOf);
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
    // A summary that a run made before it answered is not part of its answer.
    return role === "system" && !answered.has(runId);
  });
}

/**
 * Returns the run whose messages a retry of `runId` answers again. That is the session's newest
 * run. If the newest run is a retry that ended before it said anything, it is the run that this one
 * was to replace.
 *
 * @throws GatewayError `RUN_NOT_FOUND` if the session has a newer run or message, or if no agent
 * wrote the newest one
 */
export async function findRetriedRun(
  store: Pick<SessionStore, "loadMessages" | "entries">,
  sessionId: string,
  runId: string,
): Promise<string> {
  const [newest] = await store.loadMessages(sessionId, { limit: 1 });
  if (newest?.role === "assistant" && newest.requestId !== undefined) {
    const message = "The newest answer was added, and no agent wrote it. Send a message instead.";
    throw new GatewayError("RUN_NOT_FOUND", message);
  }
  if (newest?.runId === runId) return runId;
  if (newest?.runId !== undefined) {
    for await (const entry of store.entries(sessionId, { after: newest.seq })) {
      if (!isMessageEntry(entry) && entry.type === "run_end" && entry.runId === runId) return newest.runId;
    }
  }
  throw new GatewayError(
    "RUN_NOT_FOUND",
    "`runId` must be the session's newest run. Load the session again.",
  );
}

/**
 * Checks that a message of the user belongs to the conversation, so that it can be edited.
 *
 * @throws GatewayError `MESSAGE_NOT_FOUND`
 */
export async function requireEditable(
  store: Pick<SessionStore, "loadMessages">,
  sessionId: string,
  messageId: string,
): Promise<void> {
  let before: { before?: number } = {};
  let replacedTo: string | undefined;
  for (let read = 0; read < MAX_MESSAGES; read += PAGE) {
    const messages = await store.loadMessages(sessionId, { limit: PAGE, ...before });
    const current = currentEntries(messages, replacedTo);
    if (current.entries.some(({ id, role }) => role === "user" && id === messageId)) return;
    const [oldest] = messages;
    if (!oldest || messages.length < PAGE) break;
    replacedTo = current.replacedTo;
    before = { before: oldest.seq };
  }
  throw new GatewayError(
    "MESSAGE_NOT_FOUND",
    "`messageId` must be a user message of the conversation. It may have been edited meanwhile. Load the session again.",
  );
}

// One read of a transcript's end. A message that is sent again is rarely older.
const PAGE = 200;

// As far back as repeated messages are known: 1,000 user messages, with about one answer each, and
// tools.
const MAX_MESSAGES = 4000;

/**
 * Returns the number just before a run's first message, or `undefined` if the latest messages have
 * none of that run.
 */
export async function findRunStart(
  store: Pick<SessionStore, "loadMessages">,
  sessionId: string,
  runId: string,
): Promise<number | undefined> {
  let start: number | undefined;
  let before: { before?: number } = {};
  for (let read = 0; read < MAX_MESSAGES; read += PAGE) {
    const messages = await store.loadMessages(sessionId, { limit: PAGE, ...before });
    const first = messages.find((message) => message.runId === runId);
    if (first) start = first.seq - 1;
    const [oldest] = messages;
    // The run began on this page, or there is nothing before it.
    if (!oldest || messages.length < PAGE || (start !== undefined && first !== oldest)) return start;
    before = { before: oldest.seq };
  }
  return start;
}
