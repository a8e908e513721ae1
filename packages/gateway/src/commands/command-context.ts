import type { Limits, ServerEvent, SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import type { SessionQueues } from "../sessions/session-queues.ts";
import type { Visitor } from "../shared/principal.ts";
import type { Action, Permissions } from "./permissions.ts";

export interface CommandDeps {
  store: SessionStore;
  queues: SessionQueues;
  permissions: Permissions;
  /** Returns true if a tool call of the session waits for a decision. */
  awaitsApproval: (sessionId: string) => boolean;
  limits: Limits;
  /** Keeps the live events of a session until a watch has begun. Returns a function that lets them go. */
  holdLive: (sessionId: string) => () => void;
  /** Notifies the callers of a session that it has changed. Its watchers get the events after `since`. */
  notifyChanged: (session: SessionMeta, since: number) => void;
}

/** What a command knows of the connection that it came from, and may do to it. */
export interface CommandContext extends CommandDeps {
  readonly visitor: Visitor;
  /** The session that was watched last: where a `message` without `sessionId` goes. */
  readonly sessionId: string;
  /** Aborted when there is nobody to answer any more. */
  readonly gone: AbortSignal;
  /** Shows the client a session's events: those after `after`, or only what happens from now on. */
  watch(sessionId: string, after?: number): void;
  /** Watches from now on, unless it is that session which is watched. */
  ensureWatching(sessionId: string): void;
  unwatch(): void;
  /** Tells the visitor's other connections that a session is gone. */
  notifyDeleted(session: SessionMeta): void;
  send(event: ServerEvent): void;
}

/**
 * The session that a command names, if its visitor may do `action` with it.
 *
 * @throws GatewayError `SESSION_NOT_FOUND`, `FORBIDDEN`
 */
export function findSession(
  sessionId: string,
  action: Action,
  { store, visitor, permissions }: CommandContext,
): Promise<SessionMeta> {
  return permissions.findAllowed(store, visitor, { sessionId, action });
}

/** How an answer names the command that it answers. */
export function replyTo({ id }: { id?: string }): { replyTo?: string } {
  return id === undefined ? {} : { replyTo: id };
}
