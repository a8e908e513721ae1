import type { ContentBlock, Message, ToolCallRecord, Usage } from "../session/messages.ts";

/** Streams one turn from a model API. */
export interface ModelProvider {
  /** The name that runs and transcripts show, such as `claude-sonnet-5-5`. */
  readonly model: string;
  /**
   * Text as it comes, all that one read of the model's socket brought in one event, then exactly
   * one `turn`. Throws an error with a `code` of `errorCodes`, or the signal's reason. Closes its
   * request when the consumer stops or `signal` aborts.
   */
  stream(request: ModelRequest, options: ModelCallOptions): AsyncIterable<ModelEvent>;
}

export interface ModelCallOptions {
  signal: AbortSignal;
  /**
   * The most tokens, thinking included, that whoever asks can pay for. @default the provider's own
   * limit
   */
  maxAnswerTokens?: number;
}

export interface ModelRequest {
  system: SystemPrompt;
  /** Every tool call is followed by its result before the next user message. */
  messages: readonly Message[];
  tools: readonly ModelTool[];
  /**
   * `none`: the model should answer in text. A provider may leave the tools in the request where
   * that keeps its server's cache. Only a request without tools gets no calls for certain.
   */
  toolChoice: "auto" | "none";
  /**
   * Index of the first message that stands behind exactly what it stood behind when it was new.
   * Thinking that is bound to its conversation goes back from here on.
   *
   * @default 0
   */
  thinkingFrom?: number;
}

/** What changes from run to run comes last, so that a provider can cache what does not. */
export interface SystemPrompt {
  stable: string;
  volatile: string;
}

export interface ModelTool {
  name: string;
  description: string;
  /** JSON Schema of the input, of type `object`. */
  inputSchema: Record<string, unknown>;
}

export type ModelEvent = ModelTextEvent | ModelThinkingEvent | ModelProgressEvent | ModelTurnEvent;

export interface ModelTextEvent {
  type: "text";
  text: string;
}

export interface ModelThinkingEvent {
  type: "thinking";
  text: string;
}

/**
 * Something came that shows nothing by itself, such as a piece of a tool call: the model is at
 * work.
 */
export interface ModelProgressEvent {
  type: "progress";
  /**
   * What the turn has cost so far, where the server says so: it counts for a turn that is not
   * completed.
   */
  usage?: Usage;
}

/** The complete turn. */
export interface ModelTurnEvent {
  type: "turn";
  /** All text of the turn, joined. */
  content: string;
  toolCalls: ModelToolCall[];
  /** Only where `content` and `toolCalls` are not enough to show the turn to the model again. */
  blocks?: ContentBlock[];
  stopReason: string;
  usage: Usage;
}

export type ModelToolCall = ToolCallRecord & {
  callId: string;
  /**
   * The start of an input that is not a JSON object. `input` is empty then, and the call must not
   * run.
   */
  invalidInput?: string;
};
