import type { ContentBlock, Message, ToolCallRecord, Usage } from "../session/messages.ts";

/** Streams one turn of a model. */
export interface ModelProvider {
  /** The name of the model in runs and transcripts, such as `claude-sonnet-5-5`. */
  readonly model: string;
  /**
   * Yields text as it arrives, joined per read of the socket, and exactly one `turn` at the end.
   *
   * Throws an error with a `code` of `errorCodes`, or the reason of the signal. Closes its request
   * when the consumer stops or `signal` aborts.
   */
  stream(request: ModelRequest, options: ModelCallOptions): AsyncIterable<ModelEvent>;
}

/** Settings of a model for one run. A provider's own options are the defaults. */
export interface ModelOptions {
  /** The effort of the model, such as `low`, in the words of its server. */
  effort?: string;
  /** The randomness of an answer, from 0 to 2. Some models accept less, or none. */
  temperature?: number;
  /** The mode of thinking and its display, in the words of the model's server. */
  thinking?: Readonly<Record<string, unknown>>;
  /** Headers of the request, besides those of the provider. */
  headers?: Readonly<Record<string, string>>;
  /** Fields of the request's body. They replace those of the provider. */
  extraBody?: Readonly<Record<string, unknown>>;
}

export interface ModelCallOptions extends ModelOptions {
  signal: AbortSignal;
  /**
   * The most tokens that the caller can pay for, including thinking.
   * @default the provider's own limit
   */
  maxAnswerTokens?: number;
}

export interface ModelRequest {
  system: SystemPrompt;
  /** The messages. Each tool call is followed by its result before the next user message. */
  messages: readonly Message[];
  tools: readonly ModelTool[];
  /**
   * `none`: the model should answer with text. A provider may keep the tools in the request where
   * its server's cache needs that. Only a request without tools never gets calls.
   */
  toolChoice: "auto" | "none";
  /**
   * The index of the first message whose preceding messages have not changed since it was new.
   * Thinking that depends on its conversation goes back from this index on.
   *
   * @default 0
   */
  thinkingFrom?: number;
}

/**
 * The system prompt in two parts. The part that changes between runs comes last, so that a provider
 * can cache the other part.
 */
export interface SystemPrompt {
  stable: string;
  volatile: string;
}

export interface ModelTool {
  name: string;
  description: string;
  /** The JSON Schema of the input. Its type is `object`. */
  inputSchema: Record<string, unknown>;
}

export type ModelEvent =
  | ModelTextEvent
  | ModelThinkingEvent
  | ModelToolInputEvent
  | ModelProgressEvent
  | ModelTurnEvent;

export interface ModelTextEvent {
  type: "text";
  text: string;
}

export interface ModelThinkingEvent {
  type: "thinking";
  text: string;
}

/** A piece of a tool call's input, as the model writes it. A provider may leave these out. */
export interface ModelToolInputEvent {
  type: "tool_input";
  /** The index of the call in the turn's `toolCalls`. */
  index: number;
  /** The id of the call at its server. Empty where there is none. */
  callId: string;
  toolName: string;
  /** A piece of JSON. The `toolCalls` of the turn count, whatever the pieces are. */
  text: string;
}

/** The model is active, and shows nothing. */
export interface ModelProgressEvent {
  type: "progress";
  /** The usage so far, if the server reports it. It counts if the turn does not complete. */
  usage?: Usage;
}

/** The complete turn. */
export interface ModelTurnEvent {
  type: "turn";
  /** All text of the turn, joined. */
  content: string;
  toolCalls: ModelToolCall[];
  /** The blocks of the turn, where `content` and `toolCalls` are not enough for the model. */
  blocks?: ContentBlock[];
  stopReason: string;
  /** The reason that the model's server gave for a refusal. */
  stopMessage?: string;
  usage: Usage;
}

export type ModelToolCall = ToolCallRecord & {
  callId: string;
  /**
   * The beginning of an input that is not a JSON object. `input` is empty then, and the call must
   * not run.
   */
  invalidInput?: string;
  /** Why the call must not run, in words for the model. */
  refusal?: string;
};
