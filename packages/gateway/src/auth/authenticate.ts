import type { IncomingMessage } from "node:http";
import { type Principal, requireId, type Visitor } from "../shared/principal.ts";

/** The app's answers to who connects, and to which session. */
export interface AuthOptions {
  /**
   * Who is connecting; `null`, or nothing, refuses with 401. A throw refuses with 500.
   * @default everybody, as one anonymous visitor
   */
  authenticate?: (request: IncomingMessage) => Principal | null | Promise<Principal | null>;
  /** The key of the session that a new connection gets. @default `webchat`, or `webchat:<principal.id>` */
  sessionKey?: (principal: Principal | undefined, request: IncomingMessage) => string | Promise<string>;
}

/** Says who asks; `undefined` is nobody. Rejects when the app's `authenticate` or `sessionKey` throws. */
export type Identify = (request: IncomingMessage) => Promise<Visitor | undefined>;

/** Asks the app who comes, and for which session. Without an `authenticate` everybody is the same anonymous visitor. */
export function createAuthenticator({ authenticate, sessionKey = defaultSessionKey }: AuthOptions): Identify {
  return async (request) => {
    const principal = (await authenticate?.(request)) ?? undefined;
    // Without types an app may return nothing for whom it does not know: that must not let in as anonymous.
    if (authenticate && !principal) return undefined;
    if (principal) requireId(principal);
    const key: unknown = await sessionKey(principal, request);
    if (typeof key === "string") return { principal, key };
    throw new TypeError(`\`sessionKey\` must return a string, got ${JSON.stringify(key)}.`);
  };
}

/** The session of those for whom the app has none in mind. */
export function defaultSessionKey(principal: Principal | undefined): string {
  return principal ? `webchat:${principal.id}` : "webchat";
}
