import type { Usage } from "./messages.ts";

/**
 * The cost of a turn of which nothing is recorded yet, on the first of its pieces. If no
 * `assistant_message` follows, as after a crash, the cost counts all the same.
 */
export interface BegunTurn {
  /** The usage so far: the prompt's tokens. */
  usage?: Usage;
  /** The cost of `usage` in US dollars. Absent where the price of the model is unknown. */
  costUsd?: number;
}

/** A new piece of the model's text. */
export interface ChunkEvent extends BegunTurn {
  type: "chunk";
  runId: string;
  /** The id of the assistant entry that will follow. */
  messageId: string;
  content: string;
  /**
   * Set where the gateway joined several events: the `seq` of the first one. The event's own `seq`
   * is that of the last one.
   */
  firstSeq?: number;
}

/** A new piece of the model's thinking. */
export interface ThinkingEvent extends BegunTurn {
  type: "thinking";
  runId: string;
  messageId: string;
  content: string;
  firstSeq?: number;
}

/**
 * A new piece of a tool call's input, while the model writes the call. The turn's
 * `assistant_message` has the whole call. A `retry` discards the inputs of the turn so far.
 */
export interface ToolInputEvent extends BegunTurn {
  type: "tool_input";
  runId: string;
  /** The id of the assistant entry that will follow. */
  messageId: string;
  /** The id that the call will have. */
  callId: string;
  toolName: string;
  /** A piece of JSON. */
  content: string;
  firstSeq?: number;
}
