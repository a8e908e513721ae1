import type { MessageQueuedEvent, NumberedEvent } from "../session/events.ts";
import type { MessageEntry, RunEndEntry, SessionMeta } from "../session/transcript.ts";
import type { Limits } from "./limits.ts";

/**
 * What a gateway sends: answers to client events, and the recorded events of the session that a
 * connection watches.
 */

/** Gateway → client. Names the session that this connection watches from now on. */
export interface ConnectedEvent {
  type: "connected";
  sessionId: string;
  limits: Limits;
  replyTo?: string;
}

/**
 * Gateway → client. A `message` or `retry` was accepted and will end in exactly one `run_end` of
 * this `runId`.
 */
export interface AckEvent {
  type: "ack";
  replyTo: string;
  sessionId: string;
  runId: string;
  /** Runs before it in the session's lane; 0 when it is the next. */
  position: number;
}

/** Gateway → client. */
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
   * The ends of runs after the first of these messages and before the page after it; absent when
   * there is none.
   */
  runEnds?: RunEndEntry[];
  /** Whether there are messages before the first of these. */
  hasMore: boolean;
  replyTo?: string;
}

/**
 * Gateway → client. The watch goes on: the events after `after` follow, in order, and then what
 * happens.
 *
 * Only recorded events have a `seq`; answers that speak of places call them `after` and `upTo`.
 */
export interface ResumedEvent {
  type: "resumed";
  sessionId: string;
  epoch: string;
  after: number;
  /** The newest number of the session at this moment. */
  upTo: number;
  /**
   * `events`: nothing is left out. `entries`: live events are gone, and the entries that stand for
   * them follow.
   */
  from: "events" | "entries";
  replyTo?: string;
}

/**
 * Gateway → client. The client's place cannot be continued from, or it had none: forget what was
 * shown of this session and begin with these messages. The events after `upTo` follow.
 */
export interface ResyncEvent {
  type: "resync";
  sessionId: string;
  epoch: string;
  /** Everything up to this number is in `messages` or before them. */
  upTo: number;
  /** The newest ones up to `upTo`, oldest first. */
  messages: MessageEntry[];
  /**
   * The ends of runs after the first of these messages, up to `upTo`; absent when there is none.
   */
  runEnds?: RunEndEntry[];
  /** Whether there are messages before the first of these; `history` gives them. */
  hasMore: boolean;
  /** The run that goes on; absent when the session is at rest. */
  runId?: string;
  /**
   * Messages that wait, oldest first, as far as they were recorded up to `upTo`; absent when there
   * is none.
   */
  queued?: MessageQueuedEvent[];
  replyTo?: string;
}

/** A session as its visitor sees it. */
export type SessionSummary = SessionMeta & {
  /** Whether a run goes on or waits in it. */
  running: boolean;
};

/** A session in a list, or as a search found it. */
export type FoundSession = SessionSummary & {
  /**
   * What stands around the text that was searched for, in the newest message with it; absent where
   * only the title has it.
   */
  excerpt?: string;
};

/** Gateway → client. */
export interface SessionsEvent {
  type: "sessions";
  sessions: FoundSession[];
  /** Absent on the last page. */
  cursor?: string;
  replyTo?: string;
}

/**
 * Gateway → client. The current state of one session. Sent when the session is created, changed by
 * a command, starts to run or comes to rest. Every connection of the session's owner gets it,
 * whatever the connection watches.
 */
export type SessionSummaryEvent = SessionSummary & {
  type: "session_summary";
  /** On the connection whose command it answers. */
  replyTo?: string;
};

/** Gateway → client. A session of the visitor's was deleted. */
export interface SessionDeletedEvent {
  type: "session_deleted";
  sessionId: string;
  replyTo?: string;
}

/**
 * Gateway → client. The gateway is stopping: it takes no more messages, and will close the
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

/** Whatever a gateway may send. */
export type ServerEvent =
  | NumberedEvent
  | ConnectedEvent
  | AckEvent
  | PongEvent
  | HistoryEvent
  | ResumedEvent
  | ResyncEvent
  | SessionsEvent
  | SessionSummaryEvent
  | SessionDeletedEvent
  | DrainingEvent
  | CommandErrorEvent;
