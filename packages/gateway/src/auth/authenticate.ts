import type { IncomingMessage } from "node:http";
import { isInstance, mustBe } from "@mini-openclaw/protocol/shared";
import { gatewayFailed } from "../shared/errors.ts";
import { type Caller, type Principal, requireId } from "../shared/principal.ts";

/** The app's answers to who connects, and to which session. */
export interface AuthOptions {
  /**
   * Returns the principal of a request. `null` or nothing refuses it with 401, a throw with 500.
   * `token` is set for a client that proves in a frame of its dialect who it is.
   * @default all callers are one anonymous principal
   */
  authenticate?: (request: IncomingMessage, token?: string) => Principal | null | Promise<Principal | null>;
  /**
   * The key of the session that a new connection gets.
   * @default `webchat`, or `webchat:<principal.id>`
   */
  sessionKey?: (principal: Principal | undefined, request: IncomingMessage) => string | Promise<string>;
}

/** A request whose caller is not let in, as an HTTP answer. */
export class AuthError extends Error {
  readonly status: 401 | 500 | 503;

  constructor(status: AuthError["status"], message: string) {
    super(message);
    this.name = "AuthError";
    this.status = status;
  }
}

/** Returns the caller of a request. Rejects with an `AuthError`. */
export type Authenticate = (request: IncomingMessage, token?: string) => Promise<Caller>;

interface AuthenticatorDeps {
  /** The time that the app has for its answer. */
  timeoutMs: number;
  onFailure: (error: unknown, during: string) => void;
}

const DURING = "authenticate or sessionKey";

const anonymous: Caller = { principal: undefined, key: defaultSessionKey(undefined) };

/**
 * Creates the function that asks the app who a caller is, and for which session. Without an
 * `authenticate` all callers are the same anonymous one.
 */
export function createAuthenticator(
  { authenticate, sessionKey = defaultSessionKey }: AuthOptions,
  { timeoutMs, onFailure }: AuthenticatorDeps,
): Authenticate {
  async function identify(request: IncomingMessage, token?: string): Promise<Caller | undefined> {
    // One object for all connections of such a gateway.
    if (!authenticate && sessionKey === defaultSessionKey) return anonymous;
    const principal = (await authenticate?.(request, token)) ?? undefined;
    // Without types an app may return nothing for an unknown caller. That must not let in as
    // anonymous.
    if (authenticate && !principal) return undefined;
    if (principal) requireId(principal);
    const key: unknown = await sessionKey(principal, request);
    if (typeof key === "string") return { principal, key };
    throw new TypeError(mustBe("sessionKey", "a function that returns a string", key));
  }

  return async (request, token) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(resolve, timeoutMs, "late");
    });
    try {
      const caller = await Promise.race([identify(request, token), late]);
      if (caller === "late") {
        onFailure(
          new Error(`The handshake took longer than \`handshakeTimeoutMs\`, ${timeoutMs} ms.`),
          DURING,
        );
        throw new AuthError(503, "`authenticate` took too long. Try again later.");
      }
      if (caller) return caller;
      throw new AuthError(401, "Unauthorized: `authenticate` rejected this request.");
    } catch (error) {
      if (isInstance(error, AuthError)) throw error;
      onFailure(error, DURING);
      throw new AuthError(500, gatewayFailed);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Returns the key of a caller for whom the app chooses none. */
export function defaultSessionKey(principal: Principal | undefined): string {
  return principal ? `webchat:${principal.id}` : "webchat";
}
