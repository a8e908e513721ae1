import type { IncomingMessage } from "node:http";
import type { GatewayOptions } from "../server/options.ts";
import { type Principal, requireId, type Visitor } from "../shared/principal.ts";

/** Says who asks; `undefined` is nobody. Rejects when the app's `authenticate` or `sessionKey` throws. */
export type Identify = (request: IncomingMessage) => Promise<Visitor | undefined>;

/** Asks the app who comes, and for which session. Without an `authenticate` everybody is the same anonymous visitor. */
export function createIdentify({
  authenticate,
  sessionKey = defaultSessionKey,
}: Pick<GatewayOptions, "authenticate" | "sessionKey">): Identify {
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
