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

/** The sessions whose events a client gets: those after `after`, or only future ones. */
export interface Watches {
  /** The session that was watched last. A `message` without `sessionId` goes there. */
  readonly sessionId: string;
  /** Watches a session in place of the last one. Watches beside it continue. */
  watch(sessionId: string, after?: number): void;
  /**
   * Watches a session beside the others.
   *
   * @throws GatewayError `TOO_MANY_WATCHES`
   */
  add(sessionId: string, after: number): void;
  /**
   * Watches the session, unless it is watched already. `runId` is set before the first event of a
   * new run.
   */
  ensure(sessionId: string, runId?: string, after?: number): void;
  /** Ends the watch of a session, or all of them. */
  end(sessionId?: string): void;
  /** True if a run that the client starts is of no use to it without the run's events. */
  readonly needsEvents?: boolean;
}

/** The watches of a client that gets the events of no session. */
export const noWatches: Watches = {
  sessionId: "",
  watch() {},
  add() {},
  ensure() {},
  end() {},
};

/** The connection that a command came from, as the command sees it. */
export interface CommandContext extends CommandDeps {
  readonly caller: Caller;
  readonly watches: Watches;
  /** Aborted when the client is gone. */
  readonly gone: AbortSignal;
  /**
   * Notifies the session's callers and watchers that it was deleted, except `answered`. That is
   * this connection by default.
   */
  notifyDeleted(session: SessionMeta, answered?: object): void;
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
