import type { ClientEvent, SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { GatewayError, gatewayFailed } from "../shared/errors.ts";
import { type Caller, hasKey, type Principal } from "../shared/principal.ts";

/**
 * An action that `authorize` decides on: a client's command except `ping` and `unwatch`, `export`
 * over HTTP, or `answer` of a client of another dialect.
 */
export type Action = Exclude<ClientEvent["type"], "ping" | "unwatch"> | "export" | "answer";

/** An action that a caller is about to do. */
export interface Attempt {
  /** Absent for anonymous callers. */
  principal: Principal | undefined;
  /**
   * `resume` allows to read a session. `list` allows to find it in lists and to be notified of its
   * changes.
   */
  action: Action;
  /** Absent for `create`, and for the first check of each `list`, `search` and `approvals`. */
  session: SessionMeta | undefined;
}

/** Decides on an action. Only `true` allows it. */
export type Authorize = (attempt: Attempt) => boolean | Promise<boolean>;

/** The default: callers may do everything with their own sessions, and nothing with others. */
export function ownerOnly({ principal, session }: Attempt): boolean {
  return session === undefined || session.owner === principal?.id;
}

/** Asks an app's `authorize`. Refuses in a way that does not reveal whether a session exists. */
export class Permissions {
  readonly #authorize: Authorize;

  constructor(authorize: Authorize = ownerOnly) {
    this.#authorize = authorize;
  }

  /**
   * Returns true if the caller may do the action.
   *
   * @throws GatewayError `INTERNAL` if `authorize` throws
   */
  async may({ principal }: Caller, action: Action, session?: SessionMeta): Promise<boolean> {
    try {
      return (await this.#authorize({ principal, action, session })) === true;
    } catch (cause) {
      throw new GatewayError("INTERNAL", gatewayFailed, { cause });
    }
  }

  /** Returns true if the caller finds the session in its lists. */
  async mayList(caller: Caller, session: SessionMeta): Promise<boolean> {
    return hasKey(caller, session.key) && this.may(caller, "list", session);
  }

  /**
   * Throws unless the caller may do the action.
   *
   * @throws GatewayError `FORBIDDEN`, or `SESSION_NOT_FOUND` if the caller may not read the session
   * either, so that ids cannot be probed
   */
  async assertAllowed(caller: Caller, action: Action, session?: SessionMeta): Promise<void> {
    if (await this.may(caller, action, session)) return;
    if (session && !(action !== "resume" && (await this.may(caller, "resume", session)))) {
      throw notFound(session.sessionId);
    }
    throw mayNot(action);
  }

  /**
   * Returns the session that a client names. An id is not a permission.
   *
   * @throws GatewayError `SESSION_NOT_FOUND`, `FORBIDDEN`
   */
  async findAllowed(
    store: Pick<SessionStore, "getSession">,
    caller: Caller,
    { sessionId, action }: { sessionId: string; action: Action },
  ): Promise<SessionMeta> {
    const session = await store.getSession(sessionId);
    if (!session) throw notFound(sessionId);
    await this.assertAllowed(caller, action, session);
    return session;
  }
}

function mayNot(action: Action): GatewayError {
  return new GatewayError("FORBIDDEN", `You may not ${action} here: \`authorize\` refused it.`);
}

/** Returns the error for a caller that asks for the events of a run and may only start it. */
export function mayNotResume(): GatewayError {
  return mayNot("resume");
}

/** Returns one error for sessions that do not exist and for those of others. */
export function notFound(sessionId: string): GatewayError {
  const message = mustBe("sessionId", "a session of yours", sessionId);
  return new GatewayError("SESSION_NOT_FOUND", `${message} There is no such session.`);
}
