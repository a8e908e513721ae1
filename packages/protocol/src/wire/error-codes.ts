/**
 * The codes of `error` and `run_error` events. Codes do not change between major versions, messages
 * do. Each comment gives the cause and the remedy.
 */
export const errorCodes = {
  /**
   * The frame is not a JSON object, or a field is missing or has the wrong type. The message names
   * it.
   */
  INVALID_FRAME: "INVALID_FRAME",
  /** No client event has this `type`. */
  UNKNOWN_TYPE: "UNKNOWN_TYPE",
  /** No such session exists, or it belongs to another principal. */
  SESSION_NOT_FOUND: "SESSION_NOT_FOUND",
  /** The caller may see the session but not do this with it, or may not create, list or search. */
  FORBIDDEN: "FORBIDDEN",
  /**
   * No active or queued run has this id. For `retry`, the run is not the newest one of the session.
   */
  RUN_NOT_FOUND: "RUN_NOT_FOUND",
  /** The conversation has no user message with this id. It may have been edited meanwhile. */
  MESSAGE_NOT_FOUND: "MESSAGE_NOT_FOUND",
  /** Another message of the session has this `id` and other content. Use a new id. */
  REQUEST_CONFLICT: "REQUEST_CONFLICT",
  /** No such tool call waits: a user decided on it, its run ended, or the gateway restarted. */
  APPROVAL_EXPIRED: "APPROVAL_EXPIRED",
  /** The connection watches too many sessions. End a watch first. */
  TOO_MANY_WATCHES: "TOO_MANY_WATCHES",
  /** The session's queue is full. Send again when a run has ended. */
  QUEUE_FULL: "QUEUE_FULL",
  /** Another process writes to this session. */
  SESSION_LOCKED: "SESSION_LOCKED",
  /** A run is active or queued in the session. Send again when it has ended. */
  SESSION_BUSY: "SESSION_BUSY",
  /** The session is archived. Unarchive it first. */
  SESSION_ARCHIVED: "SESSION_ARCHIVED",
  /** The server cannot open the session: a newer version wrote it, or its file is no session. */
  SESSION_UNSUPPORTED: "SESSION_UNSUPPORTED",
  /** The store could not read or write. */
  STORE_FAILED: "STORE_FAILED",
  /** The gateway is stopping. Connect again. */
  DRAINING: "DRAINING",
  /** The gateway has a fault. Its log has the details. */
  INTERNAL: "INTERNAL",
  /** The agent threw an error, or ended without `run_end`. */
  AGENT_FAILED: "AGENT_FAILED",
  /** The next model call would exceed a limit on tokens or money. The message names the limit. */
  BUDGET_REACHED: "BUDGET_REACHED",
  /** The model's server refused the credentials. */
  MODEL_UNAUTHORIZED: "MODEL_UNAUTHORIZED",
  /** The model's server asks to slow down. */
  MODEL_RATE_LIMITED: "MODEL_RATE_LIMITED",
  /** The model's server is overloaded. */
  MODEL_OVERLOADED: "MODEL_OVERLOADED",
  /** The model's server cannot be reached, or the connection broke. */
  MODEL_UNREACHABLE: "MODEL_UNREACHABLE",
  /** The model's server sent nothing for too long. */
  MODEL_TIMEOUT: "MODEL_TIMEOUT",
  /** The answer is empty or reached the model's limit of tokens. Ask the model to continue. */
  ANSWER_CUT: "ANSWER_CUT",
  /**
   * The conversation is longer than the model's context window and could not be shortened enough.
   */
  MODEL_CONTEXT_EXCEEDED: "MODEL_CONTEXT_EXCEEDED",
  /** The model's server does not accept the request. */
  MODEL_REJECTED: "MODEL_REJECTED",
  /** The model's server failed, or its answer does not follow its protocol. */
  MODEL_FAILED: "MODEL_FAILED",
} as const;

export type ErrorCode = keyof typeof errorCodes;
