import type {
  ClientEvent,
  HistoryCommand,
  Limits,
  ListCommand,
  MessageCommand,
  ResumeCommand,
  ServerEvent,
  SessionMeta,
  SessionStore,
} from "@mini-openclaw/protocol";
import { GatewayError } from "./errors.ts";
import type { Lanes } from "./lanes.ts";

/** Whose connection it is. Sessions belong to the principal that created them. */
export interface Principal {
  /** Stable; kept as the `owner` of sessions. */
  id: string;
}

/** Who connects, and the key of the sessions that it gets. */
export interface Visitor {
  principal: Principal | undefined;
  key: string;
}

export interface CommandParts {
  store: SessionStore;
  lanes: Lanes;
  limits: Limits;
}

/** What a command knows of the connection that it came from, and may do to it. */
export interface CommandContext extends CommandParts {
  readonly visitor: Visitor;
  /** The session that was watched last: where a `message` without `sessionId` goes. */
  readonly sessionId: string;
  /** Shows the client a session's events: those after `after`, or only what happens from now on. */
  watch(sessionId: string, after?: number): void;
  unwatch(): void;
  send(event: ServerEvent): void;
}

const PAGE = 50;

/** Does what a client asks. A throw becomes the `error` that answers it. */
export async function runCommand(event: ClientEvent, context: CommandContext): Promise<void> {
  switch (event.type) {
    case "ping":
      return context.send({ type: "pong", ...answering(event) });
    case "create":
      return enter(await createSession(context), context, event);
    case "message":
      return submitMessage(event, context);
    case "abort":
      return context.lanes.abort((await ownSession(event.sessionId, context)).sessionId, event.runId);
    case "history":
      return sendHistory(event, context);
    case "resume":
      return resume(event, context);
    case "unwatch":
      return context.unwatch();
    case "list":
      return sendSessions(event, context);
  }
}

/** Opens the session that a new connection begins in. */
export async function enterFirstSession(context: CommandContext): Promise<void> {
  const { store, visitor } = context;
  enter(await store.getOrCreateSession(visitor.key, ownership(visitor)), context);
}

function enter({ sessionId }: SessionMeta, context: CommandContext, command: { id?: string } = {}): void {
  context.watch(sessionId);
  context.send({ type: "connected", sessionId, limits: context.limits, ...answering(command) });
}

function createSession({ store, visitor }: CommandContext): Promise<SessionMeta> {
  return store.createSession(visitor.key, ownership(visitor));
}

async function submitMessage(event: MessageCommand, context: CommandContext): Promise<void> {
  const { id, content } = event;
  const { sessionId } = await ownSession(event.sessionId ?? context.sessionId, context);
  if (sessionId !== context.sessionId) context.watch(sessionId);
  const message = id === undefined ? { content } : { content, requestId: id };
  const accepted = await context.lanes.submit(sessionId, message);
  if (id !== undefined) context.send({ type: "ack", replyTo: id, sessionId, ...accepted });
}

async function sendHistory(event: HistoryCommand, context: CommandContext): Promise<void> {
  const { sessionId } = await ownSession(event.sessionId, context);
  const page = await loadPage(context.store, sessionId, event.limit ?? PAGE, event.before);
  context.send({ type: "history", sessionId, ...page, ...answering(event) });
}

async function loadPage(store: SessionStore, sessionId: string, limit: number, before?: number) {
  const range = { limit: limit + 1, ...(before !== undefined && { before }) };
  const found = await store.loadMessages(sessionId, range);
  return { messages: found.slice(-limit), hasMore: found.length > limit };
}

/** Rule 1 of PROTOCOL.md, “Resuming”: continue from the client's place, or else begin anew; never silence, never a double. */
async function resume(event: ResumeCommand, context: CommandContext): Promise<void> {
  const { store, lanes } = context;
  const session = await ownSession(event.sessionId, context);
  const { sessionId } = session;
  const live = lanes.live(sessionId);
  const { epoch, lastSeq } = live?.log ?? session;
  const { after } = event;
  if (after !== undefined && after <= lastSeq && (event.epoch ?? epoch) === epoch) {
    const isWhole = after === lastSeq || (live !== undefined && after >= live.sinceSeq);
    const from = isWhole ? "events" : "entries";
    context.send({ type: "resumed", sessionId, epoch, after, upTo: lastSeq, from, ...answering(event) });
    return context.watch(sessionId, after);
  }
  const page = await loadPage(store, sessionId, PAGE);
  // While a run goes on, its turn is shown by its events: the messages end where the turn begins.
  const turn = page.messages.findLast(({ role }) => role !== "tool");
  const upTo = live && turn ? turn.seq : lastSeq;
  const messages = page.messages.filter(({ seq }) => seq <= upTo);
  const { hasMore } = page;
  context.send({ type: "resync", sessionId, epoch, upTo, messages, hasMore, ...answering(event) });
  context.watch(sessionId, upTo);
}

async function sendSessions(event: ListCommand, context: CommandContext): Promise<void> {
  const { store, lanes, visitor } = context;
  const { limit = PAGE, cursor, archived = false } = event;
  const page = await store.listSessions({
    key: visitor.key,
    limit,
    archived,
    ...(cursor !== undefined && { cursor }),
  });
  const sessions = page.sessions
    .filter((session) => mayUse(visitor, session))
    .map((session) => ({ ...session, running: lanes.has(session.sessionId) }));
  const next = page.cursor === undefined ? {} : { cursor: page.cursor };
  context.send({ type: "sessions", sessions, ...next, ...answering(event) });
}

/**
 * A session id that a client names is not a permission: the session must be there and the visitor's own.
 *
 * @throws GatewayError `SESSION_NOT_FOUND`, the same for both, so that ids cannot be probed.
 */
async function ownSession(sessionId: string, { store, visitor }: CommandContext): Promise<SessionMeta> {
  const session = await store.getSession(sessionId);
  if (session && mayUse(visitor, session)) return session;
  throw new GatewayError("SESSION_NOT_FOUND", "sessionId: there is no such session");
}

function mayUse({ principal }: Visitor, session: SessionMeta): boolean {
  return session.owner === principal?.id;
}

function ownership({ principal }: Visitor): { owner?: string } {
  return principal ? { owner: principal.id } : {};
}

function answering({ id }: { id?: string }): { replyTo?: string } {
  return id === undefined ? {} : { replyTo: id };
}
