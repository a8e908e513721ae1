import type { ContentBlock, PartialReason, RunOutcome, ToolCallRecord, Usage } from "./messages.ts";

/**
 * What happens in a session. Each event gets a number, `seq`, when it is recorded, and is shown to
 * the session's watchers only then. The first group is kept as transcript entries; the second only
 * until the session is at rest.
 */

/** A user message was taken up by a run. */
export interface UserMessageEvent {
  type: "user_message";
  runId: string;
  id: string;
  content: string;
  timestamp: number;
  requestId?: string;
  blocks?: ContentBlock[];
}

/**
 * A turn of the model is complete, or was cut short (`partial`). Replaces the chunks whose
 * `messageId` is its `id`.
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
}

/** A tool call has its result. `output` is what the model sees. */
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
}

/**
 * The conversation so far was summed up in `content`, which a model is shown instead of it from now
 * on.
 */
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

/** The run is over; nothing of this `runId` follows. */
export interface RunEndEvent {
  type: "run_end";
  runId: string;
  outcome: RunOutcome;
  /** Of all turns, those that showed nothing included. */
  usage: Usage;
  /** In US dollars; absent where the price of a model it asked is not known. */
  costUsd?: number;
  timestamp: number;
  /** The run whose messages it answered anew. */
  retryOf?: string;
  retryRequest?: RetryRequest;
  /** Why it failed, or which limit ended it: the `error` event of the run. */
  error?: RunFailure;
}

/** Why a run failed, or which limit ended it. Branch on `code`. */
export interface RunFailure {
  code: string;
  message: string;
  /** Whether the same message may succeed later. */
  retryable: boolean;
}

/** The `retry` command that a run answers, where that had an id. */
export interface RetryRequest {
  id: string;
  /** The run that it named. */
  runId: string;
}

/** Events that become messages of the transcript. No other event has an `id`. */
export type MessageEvent = UserMessageEvent | AssistantMessageEvent | ToolDoneEvent | CompactionEvent;

/** Events that become transcript entries under the same `seq`. */
export type KeptEvent = MessageEvent | SessionUpdatedEvent | RunEndEvent;

/** A message waits for the run before it to end; it keeps this `runId`. */
export interface MessageQueuedEvent {
  type: "message_queued";
  runId: string;
  content: string;
  timestamp: number;
  requestId?: string;
}

/** A run begins: the agent has its messages. */
export interface RunStartEvent {
  type: "run_start";
  runId: string;
  timestamp: number;
  /** The run whose messages it answers anew (`retry`); what that one answered no longer counts. */
  retryOf?: string;
  retryRequest?: RetryRequest;
}

/** The newest piece of the model's text. */
export interface ChunkEvent {
  type: "chunk";
  runId: string;
  /** The id of the assistant entry to come. */
  messageId: string;
  content: string;
  /**
   * Set where several were joined for a client that was behind: the `seq` of the first; the frame's
   * own is the last's.
   */
  firstSeq?: number;
}

/** The newest piece of the model's thinking. */
export interface ThinkingEvent {
  type: "thinking";
  runId: string;
  messageId: string;
  content: string;
  firstSeq?: number;
}

/** A tool begins to run; the call was recorded with the turn's `assistant_message`. */
export interface ToolStartEvent {
  type: "tool_start";
  runId: string;
  callId: string;
  toolName: string;
  input: Record<string, unknown>;
}

/** The newest piece of a running tool's output. */
export interface ToolOutputEvent {
  type: "tool_output";
  runId: string;
  callId: string;
  content: string;
}

/** A tool call waits for a user's decision. `approval_done` follows, or the run ends. */
export interface ApprovalRequestEvent {
  type: "approval_request";
  runId: string;
  /** The call; its input stands in the `assistant_message`. */
  callId: string;
  toolName: string;
  /** What it is about to do, in words for people. */
  reason: string;
}

/** A tool call was decided on. Recorded before the tool does what was asked for. */
export interface ApprovalDoneEvent {
  type: "approval_done";
  runId: string;
  callId: string;
  decision: ApprovalDecision;
}

/** `once`: this call. `session`: this call and every like one of the session. */
export type ApprovalDecision = "once" | "session" | "deny";

/** The model could not be reached and will be asked again after `delayMs`. */
export interface RetryEvent {
  type: "retry";
  runId: string;
  /** 1 for the first retry. */
  attempt: number;
  delayMs: number;
  code: string;
}

/** Stands just before `run_end` of every run that started, whatever its outcome. */
export interface MessageDoneEvent {
  type: "message_done";
  runId: string;
  /** The text of the run's turns, joined, whether it came in chunks or not; may be empty. */
  content: string;
}

/** The reason why a run failed, or the limit that ended it. */
export interface RunErrorEvent {
  type: "run_error";
  runId: string;
  /** Stable; branch on this. */
  code: string;
  message: string;
  /** Whether the same message may succeed later. */
  retryable: boolean;
  retryAfterMs?: number;
}

/** Events that the live journal keeps until the session is at rest. */
export type LiveEvent =
  | MessageQueuedEvent
  | RunStartEvent
  | ChunkEvent
  | ThinkingEvent
  | ToolStartEvent
  | ToolOutputEvent
  | ApprovalRequestEvent
  | ApprovalDoneEvent
  | RetryEvent
  | MessageDoneEvent
  | RunErrorEvent;

/** Something that happened in a session, before it is recorded. */
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
