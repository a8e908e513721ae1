import type { ContentBlock, PartialReason, RunOutcome, TodoItem, ToolCallRecord, Usage } from "./messages.ts";
import type { ChunkEvent, ThinkingEvent, ToolInputEvent } from "./streamed-events.ts";

/**
 * The events of a session. An event gets its number, `seq`, when it is recorded. Watchers get it
 * only after that. Events of the first group become transcript entries. Events of the second group
 * are kept in a journal until no run is active or queued.
 */

/** A run starts to process a user message. */
export interface UserMessageEvent {
  type: "user_message";
  runId: string;
  id: string;
  content: string;
  timestamp: number;
  requestId?: string;
  /** The id of the message that this one replaces, with everything between the two. */
  editOf?: string;
  blocks?: ContentBlock[];
}

/**
 * A turn of the model is complete, or was cut short (`partial`). It replaces the chunks that have
 * its `id` as their `messageId`.
 */
export interface AssistantMessageEvent {
  type: "assistant_message";
  runId: string;
  id: string;
  content: string;
  timestamp: number;
  toolCalls?: ToolCallRecord[];
  blocks?: ContentBlock[];
  stopReason?: string;
  model?: string;
  partial?: PartialReason;
  usage?: Usage;
  costUsd?: number;
  retryOf?: string;
  /** The id of the request that added the message. No agent wrote it. */
  requestId?: string;
}

/** A tool call has its result. The model gets `output`. */
export interface ToolDoneEvent {
  type: "tool_done";
  runId: string;
  id: string;
  callId: string;
  toolName: string;
  output: string;
  isError: boolean;
  timestamp: number;
  durationMs?: number;
  exitCode?: number;
  /** The session of the sub-agent that the call started. */
  taskSessionId?: string;
  isDenied?: boolean;
  blocks?: ContentBlock[];
}

/** The conversation was summarized. Models get `content` instead of the earlier messages. */
export interface CompactionEvent {
  type: "compaction";
  runId: string;
  id: string;
  content: string;
  timestamp: number;
}

/** The session has a new title or archive mark. */
export interface SessionUpdatedEvent {
  type: "session_updated";
  title?: string;
  archived?: boolean;
  timestamp: number;
}

/**
 * The agent changed the session's list of steps. The latest list counts. An empty one removes it.
 */
export interface TodoUpdatedEvent {
  type: "todo_updated";
  runId: string;
  items: TodoItem[];
  timestamp: number;
}

/** The run is over. No event of this `runId` follows. */
export interface RunEndEvent {
  type: "run_end";
  runId: string;
  outcome: RunOutcome;
  /** The usage of all turns, including turns without text. */
  usage: Usage;
  /** The cost in US dollars. Absent where the price of one of its models is unknown. */
  costUsd?: number;
  timestamp: number;
  /** The run that this run retried. */
  retryOf?: string;
  retryRequest?: RetryRequest;
  /** The `error` event of the run: why it failed, or which limit ended it. */
  error?: RunFailure;
}

/** The reason why a run failed, or the limit that ended it. Branch on `code`. */
export interface RunFailure {
  code: string;
  message: string;
  /** True if the same message may succeed later. */
  retryable: boolean;
}

/** The `retry` command that started a run, if the command had an id. */
export interface RetryRequest {
  id: string;
  /** The run that the command named. */
  runId: string;
}

/** Events that become messages of the transcript. No other event has an `id`. */
export type MessageEvent = UserMessageEvent | AssistantMessageEvent | ToolDoneEvent | CompactionEvent;

/** Events that become transcript entries under the same `seq`. */
export type KeptEvent = MessageEvent | SessionUpdatedEvent | TodoUpdatedEvent | RunEndEvent;

/** A message is queued behind another run. Its run will have this `runId`. */
export interface MessageQueuedEvent {
  type: "message_queued";
  runId: string;
  content: string;
  timestamp: number;
  requestId?: string;
  blocks?: ContentBlock[];
}

/** A run starts: the agent gets the messages. */
export interface RunStartEvent {
  type: "run_start";
  runId: string;
  timestamp: number;
  /** The run that this run retries. The answers of that run no longer count. */
  retryOf?: string;
  retryRequest?: RetryRequest;
}

/** A tool starts. The turn's `assistant_message` has recorded the call. */
export interface ToolStartEvent {
  type: "tool_start";
  runId: string;
  callId: string;
  toolName: string;
  input: Record<string, unknown>;
}

/** A new piece of a running tool's output. */
export interface ToolOutputEvent {
  type: "tool_output";
  runId: string;
  callId: string;
  content: string;
  /** The session of the sub-agent that the call has just started. `content` is empty then. */
  taskSessionId?: string;
}

/** A tool call waits for a user's decision. `approval_done` follows, or the end of the run. */
export interface ApprovalRequestEvent {
  type: "approval_request";
  runId: string;
  /** The call. Its input is in the `assistant_message`. */
  callId: string;
  toolName: string;
  /** The purpose of the call, in words for people. */
  reason: string;
  /**
   * A code of the purpose, so that a client can show it in another language: `TOOL_CALL` (the tool
   * wants to run) or `PROTECTED_FILE` (a file that steers the agent). Agents may have their own.
   */
  code?: string;
  timestamp?: number;
  /** The time at which the agent denies the call. */
  expiresAt?: number;
}

/** A user decided on a tool call. Recorded before the tool acts on the decision. */
export interface ApprovalDoneEvent {
  type: "approval_done";
  runId: string;
  callId: string;
  decision: ApprovalDecision;
}

/** `once` allows this call. `session` also allows every similar call of the session. */
export type ApprovalDecision = "once" | "session" | "deny";

/** The model could not be reached. The agent asks again after `delayMs`. */
export interface RetryEvent {
  type: "retry";
  runId: string;
  /** The number of the retry, from 1. */
  attempt: number;
  delayMs: number;
  code: string;
}

/** Comes directly before the `run_end` of every run that started, whatever its outcome. */
export interface MessageDoneEvent {
  type: "message_done";
  runId: string;
  /** The text of all turns of the run, joined. It may be empty. */
  content: string;
}

/** The reason why a run failed, or the limit that ended it. */
export interface RunErrorEvent {
  type: "run_error";
  runId: string;
  /** Stable. Branch on this field. */
  code: string;
  message: string;
  /** True if the same message may succeed later. */
  retryable: boolean;
  retryAfterMs?: number;
}

/** Events that the journal keeps until no run is active or queued. */
export type LiveEvent =
  | MessageQueuedEvent
  | RunStartEvent
  | ChunkEvent
  | ThinkingEvent
  | ToolInputEvent
  | ToolStartEvent
  | ToolOutputEvent
  | ApprovalRequestEvent
  | ApprovalDoneEvent
  | RetryEvent
  | MessageDoneEvent
  | RunErrorEvent;

/** An event of a session before it is recorded. */
export type SessionEvent = KeptEvent | LiveEvent;

/** An agent's own form of {@link RunErrorEvent}: the gateway records it as `run_error`. */
export interface AgentErrorEvent extends Omit<RunErrorEvent, "type"> {
  type: "error";
}

/** An event that an agent yields in one run: `run_start` first, exactly one `run_end` last. */
export type RunEvent =
  | Exclude<SessionEvent, MessageQueuedEvent | SessionUpdatedEvent | RunErrorEvent>
  | AgentErrorEvent;

/** The session of a recorded event, and the number of the event in that session. */
export interface Numbering {
  sessionId: string;
  seq: number;
}

/** A recorded event. A numbered event is a frame: watchers get exactly this object. */
export type NumberedEvent = SessionEvent & Numbering;
