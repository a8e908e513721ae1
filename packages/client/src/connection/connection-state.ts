import type { ConnectedEvent, Limits } from "@mini-openclaw/protocol";
import type { ClientError } from "../lib/errors.ts";

/** The state of the connection to the gateway. */
export type ConnectionState =
  /** A connection is being made. `attempt` counts the failures in a row before it. */
  | { readonly phase: "connecting"; readonly attempt: number }
  /** The gateway has greeted. While it is `draining`, messages wait for the next connection. */
  | {
      readonly phase: "open";
      readonly attempt: number;
      readonly since: number;
      /** The session in which the gateway starts this user. */
      readonly sessionId: string;
      readonly limits: Limits;
      readonly draining: boolean;
    }
  /**
   * The connection was lost or could not be made. `error` is the reason, as far as it is known. The
   * client tries again at `retryAt`, in milliseconds since 1970.
   */
  | {
      readonly phase: "waiting";
      readonly attempt: number;
      readonly retryAt: number;
      readonly error?: ClientError;
    }
  /**
   * The client waits for `retryNow()`, because `mayRetry` returned false or the gateway refused the
   * connection. Then `error` is `UNAUTHORIZED` for a wrong token, `REFUSED` for other faults.
   */
  | { readonly phase: "held"; readonly attempt: number; readonly error?: ClientError }
  /** The client was closed. */
  | { readonly phase: "closed" };

/** An input that changes the state of a connection. */
export type ConnectionInput =
  | { type: "connected"; greeting: ConnectedEvent; now: number }
  | { type: "draining" }
  /** `random` in [0, 1) spreads clients that were lost together. */
  | { type: "lost"; now: number; random: number; error?: ClientError | undefined }
  | { type: "hold" }
  | { type: "retry" }
  | { type: "close" };

// Another gateway may be behind the address, and a server that restarts is asked again soon.
const FIRST_DELAY_MS = 100;
// As long as a person accepts who watches a countdown.
const MAX_DELAY_MS = 15_000;
// A gateway that greets and dies at once must be tried less and less often, too.
const STABLE_MS = 5_000;

/** The phases in which an input counts. In the others it is too late. `close` counts in all. */
const phases: Record<Exclude<ConnectionInput["type"], "close">, string> = {
  connected: "connecting",
  draining: "open",
  lost: "connecting open",
  hold: "waiting",
  retry: "waiting held",
};

/** Returns the next state. Pure: the caller opens sockets and starts timers. */
export function nextConnection(state: ConnectionState, input: ConnectionInput): ConnectionState {
  const { type } = input;
  if (state.phase === "closed") return state;
  if (type === "close") return { phase: "closed" };
  if (!phases[type].includes(state.phase)) return state;
  const { attempt } = state;
  if (type === "connected") {
    const { sessionId, limits } = input.greeting;
    return { phase: "open", attempt, since: input.now, sessionId, limits, draining: false };
  }
  if (type === "draining") return { ...state, draining: true } as ConnectionState;
  if (type !== "lost") return { phase: type === "hold" ? "held" : "connecting", attempt };
  const { now, random, error } = input;
  const failed = state.phase === "open" && now - state.since >= STABLE_MS ? 0 : attempt;
  const next = { attempt: failed + 1, ...(error && { error }) };
  // Waiting does not heal a refusal.
  if (error && !error.retryable) return { phase: "held", ...next };
  // Doubled each time, and spread over all of it: hundreds of clients that another gateway takes
  // at once would wait for each other.
  const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** failed) * (random || 1);
  return { phase: "waiting", ...next, retryAt: now + delayMs };
}
