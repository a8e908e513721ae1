/**
 * The messages of users, models and tools, as transcripts keep them and models get them.
 *
 * Instants are milliseconds since 1970. Absent fields are left out. `null` is never sent.
 */

/** A part of a message that plain text cannot give back to a model without loss. */
export type ContentBlock =
  | TextBlock
  | ThinkingBlock
  | RedactedThinkingBlock
  | ImageBlock
  | DocumentBlock
  | ToolCallBlock;

export interface TextBlock {
  type: "text";
  text: string;
  /** The provider's label of the text, such as `commentary`. It goes back unchanged. */
  phase?: string;
}

export interface ThinkingBlock {
  type: "thinking";
  text: string;
  /** The provider's signature of the text. It goes back to the provider unchanged. */
  signature?: string;
  /** The name of the field that the text came in, such as `reasoning_content`. */
  field?: string;
  /** The thinking in the provider's own form. It goes back unchanged. */
  details?: Record<string, unknown>[];
}

export interface RedactedThinkingBlock {
  type: "redacted_thinking";
  /** Opaque data that goes back to the provider unchanged. */
  data: string;
}

/** The fields of a file. Its bytes are in `data` or in a blob of the session. */
interface FileFields {
  /** The media type, such as `image/png`. */
  mediaType: string;
  /** The name of the file. */
  name?: string;
  /** The bytes in base64. Absent where a blob has them. */
  data?: string;
  /** The id of the blob: the SHA-256 of its bytes in hexadecimal. Absent where `data` has them. */
  blob?: string;
  /** The number of bytes. Set beside `blob`. */
  bytes?: number;
}

export interface ImageBlock extends FileFields {
  type: "image";
}

/** A PDF or a text file. */
export interface DocumentBlock extends FileFields {
  type: "document";
}

/** An image or a document. */
export type FileBlock = ImageBlock | DocumentBlock;

/** The position of a tool call among the other blocks. The call itself is in `toolCalls`. */
export interface ToolCallBlock {
  type: "tool_call";
  callId: string;
}

/** A tool call of an assistant message. */
export interface ToolCallRecord {
  /** Pairs the call with its result. Absent in legacy files. */
  callId?: string;
  toolName: string;
  input: Record<string, unknown>;
  /** Fields that the model's server added to the call. They go back unchanged. */
  extra?: Record<string, unknown>;
  /** The text of the result, in legacy files only. Other files keep it as a tool message. */
  output?: string;
}

/** The reason why an assistant message is unfinished: a user stopped it, or a failure did. */
export type PartialReason = "aborted" | "interrupted";

export interface UserMessage {
  role: "user";
  content: string;
  timestamp: number;
  /** The `id` of the client's `message` event. A message that is sent again runs once. */
  requestId?: string;
  /** The id of the message that this one replaces, with everything between the two. */
  editOf?: string;
  /** The parts of the message. `content` describes its files in words. */
  blocks?: ContentBlock[];
}

export interface AssistantMessage {
  role: "assistant";
  /** The plain text of the turn; empty when the model only called tools. */
  content: string;
  timestamp: number;
  toolCalls?: ToolCallRecord[];
  blocks?: ContentBlock[];
  /** The provider's name for it, such as `end_turn`, `tool_use` or `max_tokens`. */
  stopReason?: string;
  model?: string;
  partial?: PartialReason;
  /** The tokens of this turn. */
  usage?: Usage;
  /** The cost of this turn in US dollars. Absent where the model's price is unknown. */
  costUsd?: number;
  /** The run that this message's run retries. Only the user messages of that run still count. */
  retryOf?: string;
  /** The id of the request that added the message. No agent wrote it. */
  requestId?: string;
}

/** The result of one tool call. Each call has exactly one. */
export interface ToolMessage {
  role: "tool";
  callId: string;
  toolName: string;
  content: string;
  isError: boolean;
  timestamp: number;
  /** The tool's running time in milliseconds, without the time that a user had to decide. */
  durationMs?: number;
  /** The exit code of the tool's process. Absent where no process ran or a signal ended it. */
  exitCode?: number;
  /** The session of the sub-agent that the call started. */
  taskSessionId?: string;
  /** True if the call was not made, because a user or a rule denied it. */
  isDenied?: boolean;
  /** The parts of a result with files. `content` describes the files in words. */
  blocks?: ContentBlock[];
}

export interface SystemMessage {
  role: "system";
  content: string;
  timestamp: number;
  /**
   * Set where `content` is a summary of the conversation. A model gets the summary instead of all
   * earlier messages, except for a user message directly before it.
   */
  compaction?: true;
}

/** Any message of a session. */
export type Message = UserMessage | AssistantMessage | ToolMessage | SystemMessage;

/** A step in the list of a longer task. */
export interface TodoItem {
  text: string;
  state: "open" | "active" | "done";
}

/**
 * Tokens as the provider counted them. `inputTokens` leaves out the tokens of the provider's cache.
 */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
}

/** The end of a run. */
export type RunOutcome =
  /** The model gave its answer. */
  | "completed"
  /** A user stopped the run. */
  | "aborted"
  /** The server stopped or died during the run. */
  | "interrupted"
  /** The model still asked for tools after the last allowed round. */
  | "max_rounds"
  /** A limit on tokens, tool calls, money or time was reached. */
  | "budget"
  /** The model repeated the same tool call. */
  | "loop_detected"
  /** The model declined to answer. */
  | "refused"
  /** The run failed. Its `run_error` event has the reason. */
  | "failed";

/** The usage of a run that called no model. */
export const noUsage: Readonly<Usage> = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
};

/** Pure: returns the sum of two usages. */
export function addUsage(one: Usage, other: Usage): Usage {
  const sum = { ...one };
  for (const kind of Object.keys(sum) as (keyof Usage)[]) sum[kind] += other[kind];
  return sum;
}

/** The cost of a run: the sum of its turns, or the total that its `run_end` has. */
export interface RunCost {
  readonly usage: Usage;
  /** The cost in US dollars. `undefined` where the price of a turn is unknown. */
  readonly costUsd: number | undefined;
  /** Set for the total of a run that has ended. It includes requests that were cut. */
  readonly outcome?: RunOutcome | undefined;
}

/** Pure: returns the cost of a run after one more turn. */
export function addCost(before: RunCost | undefined, turn: RunCost): RunCost {
  if (!before) return turn;
  const isKnown = before.costUsd !== undefined && turn.costUsd !== undefined;
  return {
    usage: addUsage(before.usage, turn.usage),
    costUsd: isKnown ? before.costUsd + turn.costUsd : undefined,
  };
}
