import type { ClientEvent, SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { GatewayError } from "../shared/errors.ts";
import type { Principal, Visitor } from "../shared/principal.ts";

/** What may be asked for: the commands of a client but `ping` and `unwatch`, which are free, and over HTTP `export`. */
export type Action = Exclude<ClientEvent["type"], "ping" | "unwatch"> | "export";

/** What somebody is about to do. */
export interface Attempt {
  /** Absent for anonymous visitors. */
  principal: Principal | undefined;
  /** `resume` is to see a session, `list` to have it in one's lists and hear of its activity. */
  action: Action;
  /** Absent where no session is concerned yet: `create`, and once for the whole of each `list` and `search`. */
  session: SessionMeta | undefined;
}

/** Whether somebody may; anything but `true` is no. */
export type Authorize = (attempt: Attempt) => boolean | Promise<boolean>;

/** The default: everybody may do everything with the sessions that they created, and nothing with others. */
export function ownerOnly({ principal, session }: Attempt): boolean {
  return session === undefined || session.owner === principal?.id;
}

/** Asks an app's `authorize`, and says no in a way that does not tell whether a session exists. */
export class Permissions {
  readonly #authorize: Authorize;

  constructor(authorize: Authorize = ownerOnly) {
    this.#authorize = authorize;
  }

  /** @throws GatewayError `INTERNAL` when `authorize` threw */
  async may({ principal }: Visitor, action: Action, session?: SessionMeta): Promise<boolean> {
    try {
      return (await this.#authorize({ principal, action, session })) === true;
    } catch (cause) {
      throw new GatewayError("INTERNAL", "The gateway failed; its log says why.", { cause });
    }
  }

  /** Whether a session is among those that the visitor is shown and told of. */
  async mayList(visitor: Visitor, session: SessionMeta): Promise<boolean> {
    return session.key === visitor.key && this.may(visitor, "list", session);
  }

  /**
   * @throws GatewayError `FORBIDDEN`; `SESSION_NOT_FOUND` to those who may not see the session either, so that ids cannot be
   * probed
   */
  async assertAllowed(visitor: Visitor, action: Action, session?: SessionMeta): Promise<void> {
    if (await this.may(visitor, action, session)) return;
    if (session && !(action !== "resume" && (await this.may(visitor, "resume", session)))) throw notFound();
    throw new GatewayError("FORBIDDEN", `${action}: you may not do that here.`);
  }

  /**
   * The session that a client names: an id is not a permission.
   *
   * @throws GatewayError `SESSION_NOT_FOUND`, `FORBIDDEN`
   */
  async findAllowed(
    store: Pick<SessionStore, "getSession">,
    visitor: Visitor,
    { sessionId, action }: { sessionId: string; action: Action },
  ): Promise<SessionMeta> {
    const session = await store.getSession(sessionId);
    if (!session) throw notFound();
    await this.assertAllowed(visitor, action, session);
    return session;
  }
}

/** Says the same of sessions that there are not and of those that are somebody else's. */
export function notFound(): GatewayError {
  return new GatewayError("SESSION_NOT_FOUND", "sessionId: there is no such session");
}
