import type { Limits, ServerEvent, SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { GatewayError } from "./errors.ts";
import type { Lanes } from "./lanes.ts";
import { mayUse, type Visitor } from "./visitor.ts";

export interface CommandParts {
  store: SessionStore;
  lanes: Lanes;
  limits: Limits;
  /** Says that a session has changed: its visitor's connections are told. */
  touch: (sessionId: string) => void;
}

/** What a command knows of the connection that it came from, and may do to it. */
export interface CommandContext extends CommandParts {
  readonly visitor: Visitor;
  /** The session that was watched last: where a `message` without `sessionId` goes. */
  readonly sessionId: string;
  /** Shows the client a session's events: those after `after`, or only what happens from now on. */
  watch(sessionId: string, after?: number): void;
  unwatch(): void;
  /** Tells the visitor's other connections that a session is gone. */
  tellDeleted(session: SessionMeta): void;
  send(event: ServerEvent): void;
}

/**
 * A session id that a client names is not a permission: the session must be there and the visitor's own.
 *
 * @throws GatewayError `SESSION_NOT_FOUND`, the same for both, so that ids cannot be probed.
 */
export async function ownSession(
  sessionId: string,
  { store, visitor }: CommandContext,
): Promise<SessionMeta> {
  const session = await store.getSession(sessionId);
  if (session && mayUse(visitor, session)) return session;
  throw notFound();
}

export function notFound(): GatewayError {
  return new GatewayError("SESSION_NOT_FOUND", "sessionId: there is no such session");
}

/** How an answer names the command that it answers. */
export function answering({ id }: { id?: string }): { replyTo?: string } {
  return id === undefined ? {} : { replyTo: id };
}
