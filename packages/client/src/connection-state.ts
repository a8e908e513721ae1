import type { Limits } from "@mini-openclaw/protocol";

/** Where the connection to the gateway stands. */
export type ConnectionState =
  /** A connection is being made. `attempt` counts those before it that failed in a row. */
  | { readonly phase: "connecting"; readonly attempt: number }
  /** The gateway has greeted. While it is `draining` it takes no messages: they wait for the next connection. */
  | {
      readonly phase: "open";
      readonly attempt: number;
      readonly since: number;
      readonly limits: Limits;
      readonly draining: boolean;
    }
  /** Lost, or never made. The next attempt comes at `retryAt`, in milliseconds since 1970. */
  | { readonly phase: "waiting"; readonly attempt: number; readonly retryAt: number }
  /** `mayRetry` said no. Nothing is tried before `retryNow()`. */
  | { readonly phase: "held"; readonly attempt: number }
  /** For good: by `close()`, or by the signal. */
  | { readonly phase: "closed" };

/** What changes the state of a connection. */
export type ConnectionInput =
  | { type: "connected"; limits: Limits; now: number }
  | { type: "draining" }
  /** `random` in [0, 1) spreads clients that were lost together. */
  | { type: "lost"; now: number; random: number }
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
      const { limits, now: since } = input;
      return state.phase === "connecting"
        ? { phase: "open", attempt, since, limits, draining: false }
        : state;
    }
    case "draining":
      return state.phase === "open" ? { ...state, draining: true } : state;
    case "lost": {
      if (state.phase !== "connecting" && state.phase !== "open") return state;
      const { now, random } = input;
      const failed = state.phase === "open" && now - state.since >= STABLE_MS ? 0 : attempt;
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
