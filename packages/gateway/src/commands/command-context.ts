import type { Limits, ServerEvent, SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import type { Lanes } from "../sessions/sessions.ts";
import type { Visitor } from "../shared/principal.ts";
import type { Action, Permissions } from "./permissions.ts";

export interface CommandParts {
  store: SessionStore;
  lanes: Lanes;
  permissions: Permissions;
  /** Returns true if a tool call of the session waits for a decision. */
  awaitsApproval: (sessionId: string) => boolean;
  limits: Limits;
  /** Keeps the live events of a session until a watch has begun. Returns a function that lets them go. */
  holdLive: (sessionId: string) => () => void;
  /** Says that a session has changed: its visitor's connections are told, and its watchers shown what came after `since`. */
  changed: (session: SessionMeta, since: number) => void;
}

/** What a command knows of the connection that it came from, and may do to it. */
export interface CommandContext extends CommandParts {
  readonly visitor: Visitor;
  /** The session that was watched last: where a `message` without `sessionId` goes. */
  readonly sessionId: string;
  /** Aborted when there is nobody to answer any more. */
  readonly gone: AbortSignal;
  /** Shows the client a session's events: those after `after`, or only what happens from now on. */
  watch(sessionId: string, after?: number): void;
  /** Watches from now on, unless it is that session which is watched. */
  goOnWatching(sessionId: string): void;
  unwatch(): void;
  /** Tells the visitor's other connections that a session is gone. */
  tellDeleted(session: SessionMeta): void;
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
  return permissions.demandSession(store, visitor, { sessionId, action });
}

/** How an answer names the command that it answers. */
export function answering({ id }: { id?: string }): { replyTo?: string } {
  return id === undefined ? {} : { replyTo: id };
}
