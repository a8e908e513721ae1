import type { MessageQueuedEvent, NumberedEvent } from "../session/events.ts";
import type { TodoItem } from "../session/messages.ts";
import type { MessageEntry, ParentCall, RunEndEntry, SessionMeta } from "../session/transcript.ts";
import type { Limits } from "./limits.ts";

/**
 * The frames of a gateway: answers to client events, and the recorded events of the watched
 * session.
 */

/** Gateway → client. The session that the connection watches from now on. */
export interface ConnectedEvent {
  type: "connected";
  sessionId: string;
  limits: Limits;
  replyTo?: string;
}

/**
 * Gateway → client. A `message` or `retry` was accepted. It will end in exactly one `run_end` of
 * this `runId`.
 */
export interface AckEvent {
  type: "ack";
  replyTo: string;
  sessionId: string;
  runId: string;
  /** The number of runs before it in the session's queue. 0 when it is the next one. */
  position: number;
  /** True if the command was accepted before, under the same `id`. */
  repeated?: true;
  /** The end of the run. Absent unless the command is repeated and its run is over. */
  runEnd?: RunEndEntry;
}

/** A tool call that waits for a user's decision. */
export interface WaitingApproval {
  sessionId: string;
  /** The number of the `approval_request`. */
  seq: number;
  runId: string;
  callId: string;
  toolName: string;
  /** The purpose of the call, in words for people. */
  reason: string;
  /** The code of the reason, as the `approval_request` has it. */
  code?: string;
  /** The time of the request. Absent if the agent does not report it. */
  timestamp?: number;
  /** The time at which the agent denies the call. Absent if the agent does not report it. */
  expiresAt?: number;
}

/** Gateway → client. The tool calls that wait for a decision of the caller, oldest first. */
export interface ApprovalsEvent {
  type: "approvals";
  approvals: WaitingApproval[];
  replyTo?: string;
}

/** Gateway → client. The answer to `ping`. */
export interface PongEvent {
  type: "pong";
  replyTo?: string;
}

/** Gateway → client. Messages of a session, oldest first. */
export interface HistoryEvent {
  type: "history";
  sessionId: string;
  messages: MessageEntry[];
  /**
   * The ends of runs after the first of these messages and before the following page. Absent if
   * none.
   */
  runEnds?: RunEndEntry[];
  /** True if older messages exist. */
  hasMore: boolean;
  replyTo?: string;
}

/**
 * Gateway → client. The watch continues. The events after `after` follow in order, then new events.
 *
 * Only recorded events have a `seq`. Answers that refer to numbers call them `after` and `upTo`.
 */
export interface ResumedEvent {
  type: "resumed";
  sessionId: string;
  epoch: string;
  after: number;
  /** The newest number of the session at this moment. */
  upTo: number;
  /**
   * `events`: the answer is complete. `entries`: live events are no longer available, and the
   * entries that replace them follow.
   */
  from: "events" | "entries";
  replyTo?: string;
}

/**
 * Gateway → client. The watch cannot continue from the client's number. Discard the view of the
 * session and start with these messages. The events after `upTo` follow.
 */
export interface ResyncEvent {
  type: "resync";
  sessionId: string;
  epoch: string;
  /** All events up to this number are in `messages` or older than them. */
  upTo: number;
  /** The newest messages up to `upTo`, oldest first. */
  messages: MessageEntry[];
  /** The ends of runs after the first of these messages, up to `upTo`. Absent if none. */
  runEnds?: RunEndEntry[];
  /** True if older messages exist. `history` returns them. */
  hasMore: boolean;
  /** The active run. Absent if no run is active. */
  runId?: string;
  /** The queued messages, oldest first, as recorded up to `upTo`. Absent if none. */
  queued?: MessageQueuedEvent[];
  /** The agent's list of steps. Absent if there is none. */
  todo?: TodoItem[];
  /** The tool call that started the session, if it is the session of a sub-agent. */
  parent?: ParentCall;
  replyTo?: string;
}

/** A session as its owner sees it. Only `resync` and events have its list of steps. */
export type SessionSummary = Omit<SessionMeta, "todo"> & {
  /** True while a run is active or queued. */
  running: boolean;
  /** Set while a tool call of the running run waits for a user's decision. */
  awaitsApproval?: boolean;
};

/** A session in a list or in the results of a search. */
export type FoundSession = SessionSummary & {
  /**
   * The text around the match in the newest matching message. Absent where only the title matches.
   */
  excerpt?: string;
  /** The number of the message with the excerpt. */
  excerptSeq?: number;
};

/** Gateway → client. A page of sessions. */
export interface SessionsEvent {
  type: "sessions";
  sessions: FoundSession[];
  /** Absent on the last page. */
  cursor?: string;
  replyTo?: string;
}

/**
 * Gateway → client. The current state of one session. Sent when the session is created or changed,
 * and when it starts or stops running. All connections of the session's owner get it.
 */
export type SessionSummaryEvent = SessionSummary & {
  type: "session_summary";
  /** Set on the connection that sent the command. */
  replyTo?: string;
};

/** Gateway → client. A session of the caller was deleted. */
export interface SessionDeletedEvent {
  type: "session_deleted";
  sessionId: string;
  replyTo?: string;
}

/**
 * Gateway → client. The gateway is stopping. It accepts no more messages and will close the
 * connection.
 */
export interface DrainingEvent {
  type: "draining";
}

/**
 * Gateway → client. A client event was refused and had no effect. A failed run is a `run_error`
 * instead.
 */
export interface CommandErrorEvent {
  type: "error";
  code: string;
  message: string;
  retryable: boolean;
  retryAfterMs?: number;
  sessionId?: string;
  runId?: string;
  replyTo?: string;
}

/** Any frame that a gateway may send. */
export type ServerEvent =
  | NumberedEvent
  | ConnectedEvent
  | AckEvent
  | PongEvent
  | ApprovalsEvent
  | HistoryEvent
  | ResumedEvent
  | ResyncEvent
  | SessionsEvent
  | SessionSummaryEvent
  | SessionDeletedEvent
  | DrainingEvent
  | CommandErrorEvent;
