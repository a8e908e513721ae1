import type {
  AbortCommand,
  ApprovalsCommand,
  ForkCommand,
  FoundSession,
  LifecycleCommand,
  ListCommand,
  RenameCommand,
  SearchCommand,
  SessionMeta,
  SessionSummary,
  WaitingApproval,
} from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { codeOf, GatewayError } from "../shared/errors.ts";
import { type Caller, hasKey } from "../shared/principal.ts";
import { type CommandContext, findSession, replyTo } from "./command-context.ts";
import { ownership } from "./own-session.ts";
import { notFound } from "./permissions.ts";
import { excerptOf } from "./search-excerpt.ts";
import { deleteTasks, undeleteTasks } from "./task-sessions.ts";

const PAGE = 50;

export async function sendSessions(
  event: ListCommand | (ListCommand & { key: string }),
  context: CommandContext,
): Promise<void> {
  const { store, caller, permissions } = context;
  const { limit = PAGE, cursor, archived = false } = event;
  await permissions.assertAllowed(caller, event.type);
  const at = cursor === undefined ? {} : { cursor };
  const keys = "key" in event ? { key: event.key } : keysOf(caller);
  const page = await store
    .listSessions({ ...keys, limit, archived, ...at })
    .catch(naming("cursor", "that of an earlier page", cursor));
  const sessions: SessionSummary[] = [];
  for (const session of page.sessions) {
    if (await permissions.mayList(caller, session)) sessions.push(toSummary(session, context));
  }
  const next = page.cursor === undefined ? {} : { cursor: page.cursor };
  context.send({ type: "sessions", sessions, ...next, ...replyTo(event) });
}

export async function searchSessions(event: SearchCommand, context: CommandContext): Promise<void> {
  const { store, caller, permissions, gone } = context;
  const { text, limit = PAGE, cursor, archived = false } = event;
  await permissions.assertAllowed(caller, event.type);
  if (isBlank(text)) throw invalid("text", "a text that is not blank", text);
  const at = cursor === undefined ? {} : { cursor };
  const sessions: FoundSession[] = [];
  let [last, next]: [string | undefined, string | undefined] = [undefined, undefined];
  const hits = store.searchSessions(text, { ...keysOf(caller), archived, signal: gone, ...at });
  const onError = naming("cursor", "that of an earlier page", cursor);
  for await (const hit of untilGone(hits, gone, onError)) {
    const { session, message } = hit;
    if (!(await permissions.mayList(caller, session))) continue;
    // Messages are for callers that may `resume` the session. Others find it by its title only.
    const mayRead = !message || (await permissions.may(caller, "resume", session));
    if (!mayRead && !hasText(session.title, text)) continue;
    // One more hit than the limit means that there is another page.
    if (sessions.length === limit) {
      next = last;
      break;
    }
    const found = mayRead &&
      message && { excerpt: excerptOf(message.content, text), excerptSeq: message.seq };
    sessions.push({ ...toSummary(session, context), ...found });
    last = hit.cursor;
  }
  context.send({
    type: "sessions",
    sessions,
    ...(next !== undefined && { cursor: next }),
    ...replyTo(event),
  });
}

/** Sends the tool calls that wait for a decision, and whose sessions the caller may read. */
export async function sendApprovals(event: ApprovalsCommand, context: CommandContext): Promise<void> {
  const { store, caller, permissions } = context;
  if (event.sessionId === undefined) await permissions.assertAllowed(caller, event.type);
  else await findSession(event.sessionId, event.type, context);
  const approvals: WaitingApproval[] = [];
  for (const [sessionId, waiting] of context.approvals.list()) {
    if (event.sessionId !== undefined && sessionId !== event.sessionId) continue;
    const session = await store.getSession(sessionId);
    if (!session || !(await permissions.may(caller, "resume", session))) continue;
    if (event.sessionId !== undefined || hasKey(caller, session.key)) approvals.push(...waiting);
  }
  context.send({ type: "approvals", approvals, ...replyTo(event) });
}

/** Returns the filter of a list for the caller's sessions. */
function keysOf({ key, keyPrefix }: Caller): { key: string } | { keyPrefix: string } {
  return keyPrefix === undefined ? { key } : { keyPrefix };
}

function hasText(content: string, text: string): boolean {
  return content.toLowerCase().includes(text.toLowerCase());
}

/** Ends without an error when the client is gone. */
async function* untilGone<Item>(
  items: AsyncIterable<Item>,
  gone: AbortSignal,
  onError: (error: unknown) => never,
): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    if (!gone.aborted) onError(error);
  }
}

/**
 * Returns a function that throws an error of the store. One about an option becomes one about the
 * field of the client: the schemas cannot know which cursors and entries there are.
 */
function naming(field: string, expected: string, value: unknown): (error: unknown) => never {
  return (error) => {
    if (value === undefined || codeOf(error) !== "INVALID_OPTION") throw error;
    throw invalid(field, expected, value);
  };
}

function invalid(field: string, expected: string, value: unknown): GatewayError {
  return new GatewayError("INVALID_FRAME", mustBe(field, expected, value));
}

/** Returns true for a text of which nothing is seen. */
function isBlank(text: string): boolean {
  return !/[^\s\p{Cc}\p{Cf}]/u.test(text);
}

/** Stops a run. Where there is none, an earlier command may still be about to start it. */
export async function abortRun(
  { type, runId, ...event }: AbortCommand,
  context: CommandContext,
  started: Promise<void> | undefined,
): Promise<void> {
  const { sessionId } = await findSession(event.sessionId, type, context);
  try {
    return await context.queues.abort(sessionId, runId);
  } catch (error) {
    if (!started || !GatewayError.is(error) || error.code !== "RUN_NOT_FOUND") throw error;
  }
  await started;
  return context.queues.abort(sessionId, runId);
}

export async function renameSession(event: RenameCommand, context: CommandContext): Promise<void> {
  const { sessionId, lastSeq } = await findSession(event.sessionId, event.type, context);
  if (isBlank(event.title)) throw invalid("title", "a text that is not blank", event.title);
  sendUpdated(await context.store.renameSession(sessionId, event.title), event, context, lastSeq);
}

export async function forkSession(event: ForkCommand, context: CommandContext): Promise<void> {
  const { store, caller, permissions } = context;
  const session = await findSession(event.sessionId, event.type, context);
  // The fork is the caller's to read, so the caller must be allowed to read what goes into it.
  await permissions.assertAllowed(caller, "resume", session);
  const at = event.at === undefined ? {} : { at: event.at };
  const options = { ...at, key: caller.key, ...ownership(caller.principal) };
  const fork = await store.forkSession(session.sessionId, options).catch(async (error: unknown) => {
    if (codeOf(error) !== "INVALID_OPTION") throw error;
    // It may have been deleted meanwhile.
    if (!(await store.getSession(session.sessionId))) throw notFound(session.sessionId);
    if (event.at === undefined) throw invalid("sessionId", "a session with messages", session.sessionId);
    throw invalid("at", "the `seq` of an entry of the session", event.at);
  });
  sendUpdated(fork, event, context);
}

/**
 * Archives, unarchives, deletes or undeletes a session. A command that was done before is answered
 * again, because a client that lost the answer repeats it.
 */
export async function moveSession(event: LifecycleCommand, context: CommandContext): Promise<void> {
  const { store, queues } = context;
  const { type } = event;
  if (type === "undelete") return sendUpdated(await undelete(event.sessionId, context), event, context);
  if (type === "delete" && (await wasDeleted(event.sessionId, context))) {
    return context.send({ type: "session_deleted", sessionId: event.sessionId, ...replyTo(event) });
  }
  const session = await findSession(event.sessionId, event.type, context);
  const { sessionId, lastSeq } = session;
  const isArchived = session.archived === true;
  if ((type === "archive" && isArchived) || (type === "unarchive" && !isArchived)) {
    return sendUpdated(session, event, context);
  }
  if (type === "unarchive")
    return sendUpdated(await store.unarchiveSession(sessionId), event, context, lastSeq);
  if (queues.has(sessionId)) {
    throw new GatewayError("SESSION_BUSY", "A run is active or waits in the session. Stop it first.");
  }
  await queues.release(sessionId);
  if (type === "archive") return sendUpdated(await store.archiveSession(sessionId), event, context, lastSeq);
  await deleteTasks(sessionId, context);
  await store.deleteSession(sessionId);
  context.send({ type: "session_deleted", sessionId, ...replyTo(event) });
  context.notifyDeleted(session);
}

/** Returns true for a deleted session that the caller may delete. */
async function wasDeleted(
  sessionId: string,
  { store, caller, permissions }: CommandContext,
): Promise<boolean> {
  if (await store.getSession(sessionId)) return false;
  const session = await store.getSession(sessionId, { deleted: true });
  return session !== undefined && permissions.may(caller, "delete", session);
}

async function undelete(sessionId: string, context: CommandContext): Promise<SessionMeta> {
  const { store, caller, permissions } = context;
  const deleted = await store.getSession(sessionId, { deleted: true });
  const session = deleted ?? (await store.getSession(sessionId));
  if (!session) throw notFound(sessionId);
  await permissions.assertAllowed(caller, "undelete", session);
  if (!deleted) return session;
  const restored = await store.undeleteSession(sessionId);
  await undeleteTasks(sessionId, context);
  return restored;
}

/** `since` is the session's newest number before it was changed. */
function sendUpdated(
  session: SessionMeta,
  event: { id?: string },
  context: CommandContext,
  since = session.lastSeq,
): void {
  context.send({ type: "session_summary", ...toSummary(session, context), ...replyTo(event) });
  context.notifyChanged(session, since);
}

function toSummary(session: SessionMeta, context: CommandContext): SessionSummary {
  const { todo: _, ...summary } = session;
  const { sessionId } = session;
  return {
    ...summary,
    running: context.queues.has(sessionId),
    ...(context.approvals.has(sessionId) && { awaitsApproval: true }),
  };
}

/** Returns the error for a command that a dialect has passed on, and that there is not. */
export function unknownCommand({ type }: { type: string }): GatewayError {
  return new GatewayError("UNKNOWN_TYPE", mustBe("type", "that of a command", type));
}
