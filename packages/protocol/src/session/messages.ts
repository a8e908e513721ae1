/**
 * What people, models and tools said: the shapes that transcripts keep and that models are shown.
 *
 * Instants are milliseconds since 1970. Absent fields are left out; `null` does not travel.
 */

/** Part of a message where plain text is not enough to show it to a model again without loss. */
export type ContentBlock = TextBlock | ThinkingBlock | RedactedThinkingBlock | ImageBlock | ToolCallBlock;

export interface TextBlock {
  type: "text";
  text: string;
}

export interface ThinkingBlock {
  type: "thinking";
  text: string;
  /** The provider's proof that the text is its own; goes back unchanged. */
  signature?: string;
  /** The field of the model server's own in which the text came, such as `reasoning_content`. */
  field?: string;
  /** The thinking in the form of the model's server; goes back unchanged. */
  details?: Record<string, unknown>[];
}

export interface RedactedThinkingBlock {
  type: "redacted_thinking";
  /** Opaque; goes back unchanged. */
  data: string;
}

export interface ImageBlock {
  type: "image";
  /** Such as `image/png`. */
  mediaType: string;
  /** Base64. */
  data: string;
}

/** The place of a tool call among the other blocks; the call itself stands in `toolCalls`. */
export interface ToolCallBlock {
  type: "tool_call";
  callId: string;
}

/** A tool call of an assistant message. */
export interface ToolCallRecord {
  /** Pairs the call with its result. Absent in files that the tutorial's code wrote. */
  callId?: string;
  toolName: string;
  input: Record<string, unknown>;
  /** Fields that the model's server added to the call; they go back unchanged. */
  extra?: Record<string, unknown>;
  /**
   * The result's text, in files that the tutorial's code wrote; ours keep each result as a tool
   * message.
   */
  output?: string;
}

/** Why an assistant message is unfinished: the user stopped it, or a failure or crash did. */
export type PartialReason = "aborted" | "interrupted";

export interface UserMessage {
  role: "user";
  content: string;
  timestamp: number;
  /** The `id` of the client's `message` event; repeated sends of it run once. */
  requestId?: string;
  blocks?: ContentBlock[];
}

export interface AssistantMessage {
  role: "assistant";
  /** The plain text of the turn; empty when the model only called tools. */
  content: string;
  timestamp: number;
  toolCalls?: ToolCallRecord[];
  blocks?: ContentBlock[];
  /** As the provider names it: `end_turn`, `tool_use`, `max_tokens`, … */
  stopReason?: string;
  model?: string;
  partial?: PartialReason;
  /** What this turn cost in tokens. */
  usage?: Usage;
  /** What this turn cost in US dollars; absent where the model's price is not known. */
  costUsd?: number;
  /**
   * The run that this message's run was started over from: of that one, only the user messages
   * count from here on.
   */
  retryOf?: string;
}

/** The result of one tool call; exactly one follows each call. */
export interface ToolMessage {
  role: "tool";
  callId: string;
  toolName: string;
  content: string;
  isError: boolean;
  timestamp: number;
  /** How long the tool ran, in milliseconds; the time in which a user was asked left out. */
  durationMs?: number;
  /** Of the process that the tool ran; absent where there was none, or a signal ended it. */
  exitCode?: number;
}

export interface SystemMessage {
  role: "system";
  content: string;
  timestamp: number;
  /**
   * Set where `content` sums up the conversation so far: a model is shown it in the place of every
   * message before it but the last, if that is a user message.
   */
  compaction?: true;
}

/** An entry that somebody said. */
export type Message = UserMessage | AssistantMessage | ToolMessage | SystemMessage;

/**
 * Tokens as the provider counted them; `inputTokens` leaves out what came from or went into its
 * cache.
 */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
}

/** How a run ended. */
export type RunOutcome =
  /** The model gave its answer. */
  | "completed"
  /** Somebody stopped it. */
  | "aborted"
  /** The server stopped or died under it. */
  | "interrupted"
  /** The model still wanted tools after the last allowed round. */
  | "max_rounds"
  /** A limit on tokens, tool calls, money or time was reached. */
  | "budget"
  /** The model repeated the same tool call. */
  | "loop_detected"
  /** The model declined to answer. */
  | "refused"
  /** An `error` event says why. */
  | "failed";

/** Of something that asked no model. */
export const noUsage: Readonly<Usage> = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
};

/** Pure: the sum of two usages, kind of token by kind. */
export function addUsage(one: Usage, other: Usage): Usage {
  const sum = { ...one };
  for (const kind of Object.keys(sum) as (keyof Usage)[]) sum[kind] += other[kind];
  return sum;
}
