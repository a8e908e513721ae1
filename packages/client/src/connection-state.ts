import type { ConnectedEvent, Limits } from "@mini-openclaw/protocol";
import type { ClientError } from "./errors.ts";

/** Where the connection to the gateway stands. */
export type ConnectionState =
  /** A connection is being made. `attempt` counts those before it that failed in a row. */
  | { readonly phase: "connecting"; readonly attempt: number }
  /** The gateway has greeted. While it is `draining` it takes no messages: they wait for the next connection. */
  | {
      readonly phase: "open";
      readonly attempt: number;
      readonly since: number;
      /** The session that the gateway begins this visitor in. */
      readonly sessionId: string;
      readonly limits: Limits;
      readonly draining: boolean;
    }
  /** Lost, or never made. The next attempt comes at `retryAt`, in milliseconds since 1970. */
  | { readonly phase: "waiting"; readonly attempt: number; readonly retryAt: number }
  /**
   * Nothing is tried before `retryNow()`: `mayRetry` said no; or the gateway closed the connection for a reason that waiting does
   * not heal, which is the `refusal`: `UNAUTHORIZED` for a wrong token, `REFUSED` for what else this client did.
   */
  | { readonly phase: "held"; readonly attempt: number; readonly refusal?: ClientError }
  /** For good: by `close()`, or by the signal. */
  | { readonly phase: "closed" };

/** What changes the state of a connection. */
export type ConnectionInput =
  | { type: "connected"; greeting: ConnectedEvent; now: number }
  | { type: "draining" }
  /** `random` in [0, 1) spreads clients that were lost together. A `refusal` would only be repeated. */
  | { type: "lost"; now: number; random: number; refusal?: ClientError | undefined }
  | { type: "hold" }
  | { type: "retry" }
  | { type: "close" };

// Chosen: a restart of the server is over by then, and a person still waits for it.
const FIRST_DELAY_MS = 500;
// Chosen: what a person who watches a countdown accepts.
const MAX_DELAY_MS = 15_000;
// Chosen: a gateway that greets and dies at once is tried less and less often, as one that cannot be reached is.
const STABLE_MS = 5_000;

/** Pure: the caller opens sockets and starts timers, this only says what is true next. */
export function nextConnection(state: ConnectionState, input: ConnectionInput): ConnectionState {
  if (state.phase === "closed") return state;
  const { attempt } = state;
  switch (input.type) {
    case "connected": {
      const { greeting, now: since } = input;
      const { sessionId, limits } = greeting;
      return state.phase === "connecting"
        ? { phase: "open", attempt, since, sessionId, limits, draining: false }
        : state;
    }
    case "draining":
      return state.phase === "open" ? { ...state, draining: true } : state;
    case "lost": {
      if (state.phase !== "connecting" && state.phase !== "open") return state;
      const { now, random, refusal } = input;
      const failed = state.phase === "open" && now - state.since >= STABLE_MS ? 0 : attempt;
      if (refusal) return { phase: "held", attempt: failed + 1, refusal };
      return { phase: "waiting", attempt: failed + 1, retryAt: now + retryDelayMs(failed, random) };
    }
    case "hold":
      return state.phase === "waiting" ? { phase: "held", attempt } : state;
    case "retry":
      return state.phase === "waiting" || state.phase === "held" ? { phase: "connecting", attempt } : state;
    case "close":
      return { phase: "closed" };
  }
}

/** How long to wait after `failed` failures in a row: twice as long each time, spread over half of it. */
function retryDelayMs(failed: number, random: number): number {
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** failed) * (0.5 + random / 2);
}
