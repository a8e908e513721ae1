import type {
  CreateCommand,
  EditCommand,
  HistoryCommand,
  MessageCommand,
  ResumeCommand,
  RetryCommand,
  SessionMeta,
} from "@mini-openclaw/protocol";
import type { AcceptedRun, OnSaved, SubmittedMessage } from "../run/run-types.ts";
import { toSubmitted } from "../sessions/to-submitted.ts";
import { GatewayError } from "../shared/errors.ts";
import { type CommandContext, type CommandDeps, findSession, replyTo } from "./command-context.ts";
import { loadPage, withRunEnds } from "./load-page.ts";
import { findOwnSession, ownership } from "./own-session.ts";
import { mayNotResume } from "./permissions.ts";
import { findRunEnd, findStart } from "./run-start.ts";
import type { AnswerCommand, CommandOfKey } from "./session-by-key.ts";
import {
  abortRun,
  forkSession,
  moveSession,
  renameSession,
  searchSessions,
  sendApprovals,
  sendSessions,
  unknownCommand,
} from "./session-commands.ts";

const PAGE = 50;

/**
 * Performs a client's command. An error that it throws becomes the `error` that answers the
 * command. `started` resolves when the client's earlier commands that may start a run are answered.
 */
export async function runCommand(
  event: CommandOfKey,
  context: CommandContext,
  started?: Promise<void>,
): Promise<void> {
  switch (event.type) {
    case "ping":
      return context.send({ type: "pong", ...replyTo(event) });
    case "create":
      await context.permissions.assertAllowed(context.caller, "create");
      return enter(await createSession(context, event), context, event);
    case "message":
      return queueMessage(event, context);
    case "answer":
      return addAnswer(event, context);
    case "abort":
      return abortRun(event, context, started);
    case "retry":
      return retryRun(event, context);
    case "edit":
      return editMessage(event, context);
    case "approve": {
      const { sessionId } = await findSession(event.sessionId, event.type, context);
      return context.queues.approve(sessionId, event.callId, event.decision, event.runId);
    }
    case "history":
      return sendHistory(event, context);
    case "resume":
      return resume(event, context);
    case "unwatch":
      return context.watches.end(event.sessionId);
    case "approvals":
      return sendApprovals(event, context);
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
    default:
      throw unknownCommand(event);
  }
}

/** Opens the session that a new connection begins in. */
export async function enterFirstSession(context: CommandContext): Promise<void> {
  await enter(await findFirstSession(context), context);
}

/** Returns the newest session of the caller's key that is open to the caller, or a new one. */
export async function findFirstSession(context: CommandContext): Promise<SessionMeta> {
  const { store, caller, permissions } = context;
  const newest = await store.getOrCreateSession(caller.key, ownership(caller.principal));
  // A key that an app gives to two principals must not open the one's session to the other.
  if (await permissions.may(caller, "resume", newest)) return newest;
  const own = await findOwnSession(store, caller);
  if (own && (await permissions.may(caller, "resume", own))) return own;
  await permissions.assertAllowed(caller, "create");
  return createSession(context);
}

/** Begins a session. A caller that may not `resume` it gets its id, and is shown nothing. */
async function enter(
  session: SessionMeta,
  context: CommandContext,
  command: { id?: string } = {},
): Promise<void> {
  const { sessionId } = session;
  if (await context.permissions.may(context.caller, "resume", session)) context.watches.watch(sessionId);
  context.send({ type: "connected", sessionId, limits: context.limits, ...replyTo(command) });
}

/** Creates a session of a key, or of the caller's own key. */
function createSession(
  { store, caller }: CommandContext,
  command: CreateCommand | { key: string } = caller,
): Promise<SessionMeta> {
  const { key } = "key" in command ? command : caller;
  return store.createSession(key, ownership(caller.principal));
}

/**
 * Returns the caller as the one who starts a run. It watches the session, if it may `resume` it.
 */
async function watcherOf(session: SessionMeta, context: CommandContext): Promise<RunWatcher> {
  const maySee = await context.permissions.may(context.caller, "resume", session);
  const watch: RunWatcher["watch"] = (startedRunId, after) => {
    if (maySee) context.watches.ensure(session.sessionId, startedRunId, after);
  };
  return { maySee, watch };
}

/** A caller that starts a run. */
interface RunWatcher {
  /** True if the caller may `resume` the session. */
  readonly maySee: boolean;
  /** Watches the session, if the caller may. */
  readonly watch: (startedRunId: string | undefined, after?: number) => void;
}

/** Gets a run accepted for a caller, which watches its session then, and answers the command. */
async function startRun(
  { id }: { id?: string },
  session: SessionMeta,
  context: CommandContext,
  accept: (onSaved: OnSaved) => Promise<AcceptedRun>,
): Promise<void> {
  const { sessionId } = session;
  const { maySee, watch } = await watcherOf(session, context);
  if (!maySee && context.watches.needsEvents) throw mayNotResume();
  const accepted = await accept(watch);
  const { runId, position, isRepeated, after } = accepted;
  // The run of a repeated command began before.
  if (isRepeated) watch(undefined, after);
  if (id === undefined) return;
  const runEnd =
    maySee && isRepeated && !accepted.ended ? await findRunEnd(context.store, sessionId, runId) : undefined;
  const again = isRepeated ? { repeated: true as const, ...(runEnd && { runEnd }) } : {};
  context.send({ type: "ack", replyTo: id, sessionId, runId, position, ...again });
}

async function queueMessage(event: MessageCommand, context: CommandContext): Promise<void> {
  const session = await findMessageSession(event, context);
  const message = await messageOf(event, session, context);
  await startRun(event, session, context, (onSaved) =>
    context.queues.submit(session.sessionId, message, onSaved),
  );
}

async function addAnswer(event: AnswerCommand, context: CommandContext): Promise<void> {
  const { id: requestId, content } = event;
  const session = await findSession(event.sessionId, event.type, context);
  const answer = { role: "assistant", content, ...(requestId !== undefined && { requestId }) } as const;
  await startRun(event, session, context, (onSaved) =>
    context.queues.submit(session.sessionId, answer, onSaved),
  );
}

/**
 * Returns the message of a command as its session has it.
 *
 * @throws GatewayError `INVALID_FRAME` for a wrong file, `FORBIDDEN` for a file of the session that
 * the caller may not read
 */
export async function messageOf(
  { id: requestId, content, blocks = [], ...event }: MessageCommand | EditCommand,
  session: SessionMeta,
  context: CommandDeps & Pick<CommandContext, "caller">,
): Promise<SubmittedMessage> {
  const hasSavedFiles = blocks.some((block) => "blob" in block);
  if (hasSavedFiles && !(await context.permissions.may(context.caller, "resume", session))) {
    const reason = "A `blob` in `blocks` needs `resume`, which `authorize` refused.";
    throw new GatewayError("FORBIDDEN", `${reason} Send the file itself in \`data\`.`);
  }
  const mode = "mode" in event ? event.mode : undefined;
  return toSubmitted({ content, blocks, mode, requestId }, session.sessionId, context);
}

/**
 * Returns the session that a message goes to, if the caller may send it there.
 *
 * @throws GatewayError `SESSION_NOT_FOUND`, `FORBIDDEN`
 */
export async function findMessageSession(
  { type, sessionId, mode }: MessageCommand,
  context: CommandContext,
): Promise<SessionMeta> {
  const session = await findSession(sessionId ?? context.watches.sessionId, type, context);
  if (mode === "interrupt") await context.permissions.assertAllowed(context.caller, "abort", session);
  return session;
}

async function retryRun(event: RetryCommand, context: CommandContext): Promise<void> {
  const { id: requestId, runId } = event;
  const session = await findSession(event.sessionId, event.type, context);
  await startRun(event, session, context, (onSaved) =>
    context.queues.retry(session.sessionId, { runId, requestId }, onSaved),
  );
}

async function editMessage(event: EditCommand, context: CommandContext): Promise<void> {
  const { messageId } = event;
  const session = await findSession(event.sessionId, event.type, context);
  const edit = { ...(await messageOf(event, session, context)), messageId };
  await startRun(event, session, context, (onSaved) => context.queues.edit(session.sessionId, edit, onSaved));
}

async function sendHistory(event: HistoryCommand, context: CommandContext): Promise<void> {
  const { sessionId } = await findSession(event.sessionId, event.type, context);
  const limit = event.limit ?? PAGE;
  const { messages, runEnds, hasMore } = await loadPage(context.store, sessionId, {
    limit,
    before: event.before,
    ...(event.replaced && { replaced: true }),
  });
  const page = { messages, ...withRunEnds(runEnds), hasMore };
  context.send({ type: "history", sessionId, ...page, ...replyTo(event) });
}

/**
 * Resumes a watch. Keeps live events meanwhile, so that a run that ends before the watch begins is
 * shown whole.
 */
async function resume(event: ResumeCommand, context: CommandContext): Promise<void> {
  const release = context.holdLive(event.sessionId);
  try {
    await beginWatch(event, context);
  } finally {
    release();
  }
}

/**
 * Continues after the client's newest event, or begins anew: PROTOCOL.md, “Resuming”. No event is
 * lost or sent twice.
 */
async function beginWatch(event: ResumeCommand, context: CommandContext): Promise<void> {
  const { store, queues, watches } = context;
  const session = await findSession(event.sessionId, event.type, context);
  const { sessionId } = session;
  const live = await queues.live(sessionId);
  const { epoch, lastSeq } = live?.log ?? session;
  const watch = (from: number) =>
    event.keep ? watches.add(sessionId, from) : watches.watch(sessionId, from);
  const { runId } = event;
  const isCurrent = runId !== undefined || (event.epoch ?? epoch) === epoch;
  const after = runId === undefined ? event.after : await findStart(context, sessionId, runId);
  if (after !== undefined && after <= lastSeq && isCurrent) {
    const isWhole = after === lastSeq || (live !== undefined && after >= live.sinceSeq);
    const from = isWhole ? "events" : "entries";
    context.send({ type: "resumed", sessionId, epoch, after, upTo: lastSeq, from, ...replyTo(event) });
    return watch(after);
  }
  const page = await loadPage(store, sessionId, { limit: PAGE });
  // The turn of an active run is shown by its events, so the messages end before it.
  const turn = page.messages.findLast(({ role }) => role !== "tool");
  const upTo = live && turn ? turn.seq : lastSeq;
  const messages = page.messages.filter(({ seq }) => seq <= upTo);
  const runEnds = page.runEnds.filter(({ seq }) => seq <= upTo);
  const { hasMore } = page;
  // Read after the messages: a message that was taken up meanwhile is shown by its events, and
  // once.
  const progress = await queues.progress(sessionId, upTo);
  context.send({
    type: "resync",
    sessionId,
    epoch,
    upTo,
    messages,
    ...withRunEnds(runEnds),
    hasMore,
    ...progress,
    ...(session.todo && { todo: session.todo }),
    ...(session.parent && { parent: session.parent }),
    ...replyTo(event),
  });
  watch(upTo);
}
