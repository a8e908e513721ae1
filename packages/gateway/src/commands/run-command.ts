import type {
  AssistantEntry,
  ClientEvent,
  HistoryCommand,
  MessageCommand,
  MessageEntry,
  ResumeCommand,
  RetryCommand,
  RunEndEntry,
  SessionMeta,
  SessionStore,
} from "@mini-openclaw/protocol";
import { isMessageEntry } from "@mini-openclaw/protocol";
import { type CommandContext, findSession, replyTo } from "./command-context.ts";
import { findOwnSession, ownership } from "./own-session.ts";
import { forkSession, moveSession, renameSession, searchSessions, sendSessions } from "./session-commands.ts";

const PAGE = 50;

// As much as may wait for a slow client. A page that is larger holds up every other session while it is made into JSON.
const MAX_PAGE_CHARS = 1_048_576;

interface Page {
  messages: MessageEntry[];
  runEnds: RunEndEntry[];
  hasMore: boolean;
}

/** Does what a client asks. A throw becomes the `error` that answers it. */
export async function runCommand(event: ClientEvent, context: CommandContext): Promise<void> {
  switch (event.type) {
    case "ping":
      return context.send({ type: "pong", ...replyTo(event) });
    case "create":
      await context.permissions.assertAllowed(context.visitor, "create");
      return enter(await createSession(context), context, event);
    case "message":
      return submitMessage(event, context);
    case "abort": {
      const { sessionId } = await findSession(event.sessionId, event.type, context);
      return context.queues.abort(sessionId, event.runId);
    }
    case "retry":
      return retryRun(event, context);
    case "approve": {
      const { sessionId } = await findSession(event.sessionId, event.type, context);
      return context.queues.approve(sessionId, event.callId, event.decision);
    }
    case "history":
      return sendHistory(event, context);
    case "resume":
      return resume(event, context);
    case "unwatch":
      return context.unwatch();
    case "list":
      return sendSessions(event, context);
    case "search":
      return searchSessions(event, context);
    case "rename":
      return renameSession(event, context);
    case "fork":
      return forkSession(event, context);
    case "archive":
    case "unarchive":
    case "delete":
    case "undelete":
      return moveSession(event, context);
  }
}

/** Opens the session that a new connection begins in. */
export async function enterFirstSession(context: CommandContext): Promise<void> {
  await enter(await findFirstSession(context), context);
}

/** Returns the newest session of the caller's key that is open to the caller, or a new one. */
export async function findFirstSession(context: CommandContext): Promise<SessionMeta> {
  const { store, visitor, permissions } = context;
  const newest = await store.getOrCreateSession(visitor.key, ownership(visitor.principal));
  // A key that an app gives to two principals must not open the one's session to the other.
  if (await permissions.may(visitor, "resume", newest)) return newest;
  const own = await findOwnSession(store, visitor);
  if (own && (await permissions.may(visitor, "resume", own))) return own;
  await permissions.assertAllowed(visitor, "create");
  return createSession(context);
}

/** Begins a session. A caller that may not `resume` it gets its id, and is shown nothing. */
async function enter(
  session: SessionMeta,
  context: CommandContext,
  command: { id?: string } = {},
): Promise<void> {
  const { sessionId } = session;
  if (await context.permissions.may(context.visitor, "resume", session)) context.watch(sessionId);
  context.send({ type: "connected", sessionId, limits: context.limits, ...replyTo(command) });
}

function createSession({ store, visitor }: CommandContext): Promise<SessionMeta> {
  return store.createSession(visitor.key, ownership(visitor.principal));
}

/** Returns a function that makes the caller watch a session, unless the caller may not `resume` it. */
async function watcherOf(session: SessionMeta, context: CommandContext): Promise<() => void> {
  const maySee = await context.permissions.may(context.visitor, "resume", session);
  return () => {
    if (maySee) context.ensureWatching(session.sessionId);
  };
}

async function submitMessage(event: MessageCommand, context: CommandContext): Promise<void> {
  const { id, content, mode = "queue" } = event;
  const session = await findMessageSession(event, context);
  const { sessionId } = session;
  const message = { content, mode, ...(id !== undefined && { requestId: id }) };
  const watch = await watcherOf(session, context);
  const { runId, position } = await context.queues.submit(sessionId, message, watch);
  // One that is sent again was kept before.
  watch();
  if (id !== undefined) context.send({ type: "ack", replyTo: id, sessionId, runId, position });
}

/**
 * The session that a message goes to, if its visitor may send it there.
 *
 * @throws GatewayError `SESSION_NOT_FOUND`, `FORBIDDEN`
 */
export async function findMessageSession(
  { type, sessionId, mode }: MessageCommand,
  context: CommandContext,
): Promise<SessionMeta> {
  const session = await findSession(sessionId ?? context.sessionId, type, context);
  if (mode === "interrupt") await context.permissions.assertAllowed(context.visitor, "abort", session);
  return session;
}

async function retryRun(event: RetryCommand, context: CommandContext): Promise<void> {
  const { id } = event;
  const session = await findSession(event.sessionId, event.type, context);
  const { sessionId } = session;
  const watch = await watcherOf(session, context);
  const { runId, position } = await context.queues.retry(
    sessionId,
    { runId: event.runId, requestId: id },
    watch,
  );
  watch();
  if (id !== undefined) context.send({ type: "ack", replyTo: id, sessionId, runId, position });
}

async function sendHistory(event: HistoryCommand, context: CommandContext): Promise<void> {
  const { sessionId } = await findSession(event.sessionId, event.type, context);
  const limit = event.limit ?? PAGE;
  const { messages, runEnds, hasMore } = await loadPage(context.store, sessionId, {
    limit,
    before: event.before,
  });
  const page = { messages, ...withRunEnds(runEnds), hasMore };
  context.send({ type: "history", sessionId, ...page, ...replyTo(event) });
}

/** Loads a page of messages. A page with large messages has fewer of them, and at least one. */
async function loadPage(
  store: SessionStore,
  sessionId: string,
  { limit, before }: { limit: number; before?: number | undefined },
): Promise<Page> {
  // Read in parts, so that many large messages are not all in memory.
  let found: MessageEntry[] = [];
  for (let isWhole = false; !isWhole && found.length <= limit; ) {
    const oldest = found[0]?.seq ?? before;
    const count = Math.min(PAGE + 1, limit + 1 - found.length);
    const range = { limit: count, ...(oldest !== undefined && { before: oldest }) };
    const older = await store.loadMessages(sessionId, range);
    found = [...older, ...found];
    isWhole = older.length < count || sizeOf(found) > MAX_PAGE_CHARS;
  }
  const messages = withinSize(found.slice(-limit));
  const runEnds = await loadRunEnds(store, sessionId, { from: messages[0]?.seq, before });
  const began = new Set(messages.map(({ runId }) => runId));
  return {
    messages,
    // A run that neither said anything nor failed was cancelled while its message waited.
    runEnds: runEnds.filter(
      ({ runId, error, retryOf }) => began.has(runId) || error || retryOf !== undefined,
    ),
    hasMore: found.length > messages.length,
  };
}

/** Returns the newest messages that fit into a page. */
function withinSize(messages: MessageEntry[]): MessageEntry[] {
  let size = 0;
  const first = messages.findLastIndex((message) => {
    size += sizeOf([message]);
    return size > MAX_PAGE_CHARS;
  });
  return messages.slice(Math.min(first + 1, messages.length - 1));
}

function sizeOf(messages: readonly MessageEntry[]): number {
  return messages.reduce((sum, message) => {
    const { blocks, toolCalls } = message as Partial<AssistantEntry>;
    const rest = [blocks, toolCalls].filter((value) => value !== undefined);
    return sum + message.content.length + (rest.length > 0 ? JSON.stringify(rest).length : 0);
  }, 0);
}

/** The ends of runs from a message on. Without a message there is none to show. */
async function loadRunEnds(
  store: SessionStore,
  sessionId: string,
  { from, before = Number.POSITIVE_INFINITY }: { from: number | undefined; before: number | undefined },
): Promise<RunEndEntry[]> {
  const runEnds: RunEndEntry[] = [];
  if (from === undefined) return runEnds;
  for await (const entry of store.entries(sessionId, { after: from })) {
    if (entry.seq >= before) break;
    if (!isMessageEntry(entry) && entry.type === "run_end") runEnds.push(entry);
  }
  return runEnds;
}

function withRunEnds(runEnds: RunEndEntry[]): { runEnds?: RunEndEntry[] } {
  return runEnds.length > 0 ? { runEnds } : {};
}

/** Resumes a watch. Keeps live events meanwhile, so that a run that ends before the watch begins is shown whole. */
async function resume(event: ResumeCommand, context: CommandContext): Promise<void> {
  const release = context.holdLive(event.sessionId);
  try {
    await beginWatch(event, context);
  } finally {
    release();
  }
}

/** Rule 1 of PROTOCOL.md, “Resuming”: continue from the client's place, or else begin anew; never silence, never a double. */
async function beginWatch(event: ResumeCommand, context: CommandContext): Promise<void> {
  const { store, queues } = context;
  const session = await findSession(event.sessionId, event.type, context);
  const { sessionId } = session;
  const live = queues.live(sessionId);
  const { epoch, lastSeq } = live?.log ?? session;
  const { after } = event;
  if (after !== undefined && after <= lastSeq && (event.epoch ?? epoch) === epoch) {
    const isWhole = after === lastSeq || (live !== undefined && after >= live.sinceSeq);
    const from = isWhole ? "events" : "entries";
    context.send({ type: "resumed", sessionId, epoch, after, upTo: lastSeq, from, ...replyTo(event) });
    return context.watch(sessionId, after);
  }
  const page = await loadPage(store, sessionId, { limit: PAGE });
  // While a run goes on, its turn is shown by its events: the messages end where the turn begins.
  const turn = page.messages.findLast(({ role }) => role !== "tool");
  const upTo = live && turn ? turn.seq : lastSeq;
  const messages = page.messages.filter(({ seq }) => seq <= upTo);
  const runEnds = page.runEnds.filter(({ seq }) => seq <= upTo);
  const { hasMore } = page;
  // After the messages were read: what was taken up meanwhile is shown by its events, and nothing twice.
  const progress = queues.progress(sessionId, upTo);
  context.send({
    type: "resync",
    sessionId,
    epoch,
    upTo,
    messages,
    ...withRunEnds(runEnds),
    hasMore,
    ...progress,
    ...replyTo(event),
  });
  context.watch(sessionId, upTo);
}
