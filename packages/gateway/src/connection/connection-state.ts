// Frames that a client may send while earlier ones are in progress. More closes the connection with
// 1008.
const MAX_WAITING_FRAMES = 100;

// A client that is refused this often in a row does not read the answers. The connection closes
// with 1008.
const MAX_REFUSED_FRAMES = 100;

// A larger frame counts as several, so that few frames cannot fill the memory.
const FRAME_CHARS = 1_048_576;

/** Returns the number of frames that a frame counts as. */
export function frameCount(frame: unknown): number {
  return typeof frame === "string" ? Math.max(1, Math.ceil(frame.length / FRAME_CHARS)) : 1;
}

/** Why the gateway ends a connection, in the words of its close frame. */
export interface CloseReason {
  readonly code: number;
  readonly reason: string;
}

/** Where a connection is in its life. */
export type ConnectionState =
  /**
   * `unproved`: the client has not proved who it is. `opening`: its first session is not there yet,
   * and frames wait.
   */
  | {
      readonly phase: "unproved" | "opening" | "open";
      /** Frames that came and are not being worked on yet. */
      readonly waitingFrames: number;
      /** Frames refused since the last one that was not. */
      readonly refusedFrames: number;
    }
  /** `closeReason` is set if the gateway closed the connection, and not the client. */
  | { readonly phase: "closed"; readonly closeReason?: CloseReason };

export type ConnectionInput =
  /** The client has proved who it is. */
  | "proved"
  /** Its first session is there. */
  | "entered"
  | "frame_came"
  /** The oldest waiting frame is being worked on. */
  | "frame_taken"
  | "frame_done"
  | "frame_refused"
  /** Its socket is closed. */
  | "gone"
  /** The gateway has a reason to end it. */
  | CloseReason;

/** Every connection begins with it. */
export const newConnection: ConnectionState = { phase: "opening", waitingFrames: 0, refusedFrames: 0 };

/** A connection whose client proves in a frame who it is begins with it. */
export const unprovedConnection: ConnectionState = { ...newConnection, phase: "unproved" };

/** One for all that are open and have nothing to do, which is most of them. */
const idleConnection: ConnectionState = { phase: "open", waitingFrames: 0, refusedFrames: 0 };

/**
 * Returns the next state. The function is pure: the caller closes sockets. A closed connection
 * stays closed, for its first reason.
 */
export function nextConnection(state: ConnectionState, input: ConnectionInput): ConnectionState {
  if (state.phase === "closed") return state;
  if (typeof input === "object") return { phase: "closed", closeReason: input };
  const { waitingFrames, refusedFrames } = state;
  switch (input) {
    case "proved":
      return { ...state, phase: "opening" };
    case "entered":
      return waitingFrames + refusedFrames === 0 ? idleConnection : { ...state, phase: "open" };
    case "frame_came":
      if (waitingFrames >= MAX_WAITING_FRAMES) return violated("too many frames at once");
      return { ...state, waitingFrames: waitingFrames + 1 };
    case "frame_taken":
      return { ...state, waitingFrames: waitingFrames - 1 };
    case "frame_done":
      return { ...state, refusedFrames: 0 };
    case "frame_refused":
      if (refusedFrames + 1 >= MAX_REFUSED_FRAMES) return violated("too many refused frames in a row");
      return { ...state, refusedFrames: refusedFrames + 1 };
    case "gone":
      return { phase: "closed" };
  }
}

function violated(reason: string): ConnectionState {
  return { phase: "closed", closeReason: { code: 1008, reason } };
}
