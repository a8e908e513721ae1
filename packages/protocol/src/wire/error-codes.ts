/**
 * The codes of `error` events. They do not change between major versions; messages do.
 *
 * Each says what happened and what the receiver can do.
 */
export const errorCodes = {
  /**
   * The frame is not a JSON object, or a field is missing or of the wrong type. Send what
   * PROTOCOL.md says.
   */
  INVALID_FRAME: "INVALID_FRAME",
  /** No client event has this `type`. */
  UNKNOWN_TYPE: "UNKNOWN_TYPE",
  /** There is no such session, or it is not yours. */
  SESSION_NOT_FOUND: "SESSION_NOT_FOUND",
  /** You may see the session, but not do that; or not begin a new one, list or search. */
  FORBIDDEN: "FORBIDDEN",
  /**
   * The session has no run of that id, queued or running; for `retry`: its newest run is another.
   */
  RUN_NOT_FOUND: "RUN_NOT_FOUND",
  /** Another message of the session has this `id`, with other content. Choose a new one. */
  REQUEST_CONFLICT: "REQUEST_CONFLICT",
  /**
   * No such tool call waits for a decision: it was decided on, its run is over, or the gateway was
   * started again.
   */
  APPROVAL_EXPIRED: "APPROVAL_EXPIRED",
  /** Too many messages wait in this session. Send again when one has ended. */
  QUEUE_FULL: "QUEUE_FULL",
  /** Another process writes this session. */
  SESSION_LOCKED: "SESSION_LOCKED",
  /** Something runs or waits in the session. Try again when it has ended. */
  SESSION_BUSY: "SESSION_BUSY",
  /** The session was put away. Take it back first. */
  SESSION_ARCHIVED: "SESSION_ARCHIVED",
  /** The store could not read or write. */
  STORE_FAILED: "STORE_FAILED",
  /** The gateway is stopping. Connect again. */
  DRAINING: "DRAINING",
  /** A fault of the gateway's own; its log says more. */
  INTERNAL: "INTERNAL",
  /** The agent threw, or ended without `run_end`. */
  AGENT_FAILED: "AGENT_FAILED",
  /**
   * To go on would cost more tokens or money than is allowed. The message says which limit it is.
   */
  BUDGET_REACHED: "BUDGET_REACHED",
  /** The model's server refused the credentials. */
  MODEL_UNAUTHORIZED: "MODEL_UNAUTHORIZED",
  /** The model's server asks to slow down. */
  MODEL_RATE_LIMITED: "MODEL_RATE_LIMITED",
  /** The model's server is overloaded. */
  MODEL_OVERLOADED: "MODEL_OVERLOADED",
  /** The model's server cannot be reached, or the connection to it broke. */
  MODEL_UNREACHABLE: "MODEL_UNREACHABLE",
  /** The model's server sent nothing for too long. */
  MODEL_TIMEOUT: "MODEL_TIMEOUT",
  /**
   * The answer reached the model's limit of tokens, or is empty: it is not complete. Ask the model
   * to go on.
   */
  ANSWER_CUT: "ANSWER_CUT",
  /**
   * The conversation is longer than the model's context window, and could not be shortened enough.
   */
  MODEL_CONTEXT_EXCEEDED: "MODEL_CONTEXT_EXCEEDED",
  /** The model's server does not accept the request. */
  MODEL_REJECTED: "MODEL_REJECTED",
  /** The model's server failed, or answered something that is not its protocol. */
  MODEL_FAILED: "MODEL_FAILED",
} as const;

export type ErrorCode = keyof typeof errorCodes;
