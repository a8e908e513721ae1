import type { Limits, ServerEvent, SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import type { SessionRuns } from "../cluster/session-runs.ts";
import type { WaitingApprovals } from "../run/waiting-approvals.ts";
import type { Caller } from "../shared/principal.ts";
import type { Action, Permissions } from "./permissions.ts";

/** Dependencies that all commands share. */
export interface CommandDeps {
  store: SessionStore;
  queues: SessionRuns;
  permissions: Permissions;
  /** The tool calls that wait for a decision. */
  approvals: Pick<WaitingApprovals, "has" | "list">;
  limits: Limits;
  /**
   * Keeps the live events of a session until a watch has begun. Returns a function that releases
   * them.
   */
  holdLive: (sessionId: string) => () => void;
  /**
   * Notifies the callers of a session that it has changed. Its watchers get the events after
   * `since`.
   */
  notifyChanged: (session: SessionMeta, since: number) => void;
}

/** The connection that a command came from, as the command sees it. */
export interface CommandContext extends CommandDeps {
  readonly caller: Caller;
  /** The session that was watched last. A `message` without `sessionId` goes there. */
  readonly sessionId: string;
  /** Aborted when the client is gone. */
  readonly gone: AbortSignal;
  /** Sends the client a session's events: those after `after`, or only future ones. */
  watch(sessionId: string, after?: number): void;
  /** Sends the events of another session too. */
  watchBeside(sessionId: string, after: number): void;
  /**
   * Watches the session, unless it is watched already. `runId` is set before the first event of a
   * new run. Begins after the event `after`, or with the next event.
   */
  ensureWatching(sessionId: string, runId?: string, after?: number): void;
  /** Stops watching a session, or all. */
  unwatch(sessionId?: string): void;
  /** Notifies the caller's other connections that a session was deleted. */
  notifyDeleted(session: SessionMeta): void;
  send(event: ServerEvent): void;
}

/**
 * Returns the session that a command names, if the caller may do `action` with it.
 *
 * @throws GatewayError `SESSION_NOT_FOUND`, `FORBIDDEN`
 */
export function findSession(
  sessionId: string,
  action: Action,
  { store, caller, permissions }: CommandContext,
): Promise<SessionMeta> {
  return permissions.findAllowed(store, caller, { sessionId, action });
}

/** Returns the field by which an answer names its command. */
export function replyTo({ id }: { id?: string }): { replyTo?: string } {
  return id === undefined ? {} : { replyTo: id };
}
