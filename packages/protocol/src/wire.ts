import type { ApprovalDecision, MessageQueuedEvent, NumberedEvent } from "./events.ts";
import type { Limits } from "./limits.ts";
import type { MessageEntry, SessionMeta } from "./transcript.ts";

/**
 * The wire: one JSON object per WebSocket text frame. The tutorial's two client events and seven server events
 * are a subset, so a client that knows only those works unchanged. A reader ignores what it does not know.
 *
 * Every client event may carry `id`; the answer names it as `replyTo`.
 */

interface ClientEventFields {
  /** Chosen by the client, at most `maxIdChars` long. On `message` it is also kept with the user entry. */
  id?: string;
}

/**
 * Client → gateway. The token, as the first frame of a connection to `/?auth=frame`, and nowhere else. Answered by the
 * `connected` that greets every connection, or by close code 4401.
 */
export interface AuthCommand {
  type: "auth";
  token: string;
}

/** Client → gateway. Runs the agent on a user message. Answered by `ack` if it has an `id`, then by the run's events. */
export interface MessageCommand extends ClientEventFields {
  type: "message";
  /** Absent: the session that this connection watches. Naming another one watches it from then on. */
  sessionId?: string;
  content: string;
  /**
   * What to do while a run of the session goes on. `queue`: run after it and what waits. `steer`: enter that run, after its
   * tools and before it asks the model again. `interrupt`: stop that run, then run. @default "queue"
   */
  mode?: MessageMode;
}

export type MessageMode = "queue" | "steer" | "interrupt";

/** Client → gateway. Answered by `pong`. */
export interface PingCommand extends ClientEventFields {
  type: "ping";
}

/** Client → gateway. Begins a new session under the connection's key. Answered by `connected`. */
export interface CreateCommand extends ClientEventFields {
  type: "create";
}

/**
 * Client → gateway. Watches a session from a place on: everything after it, once and in order, then what happens from
 * now on. Answered by `resumed`, or by `resync` where that place cannot be continued from.
 */
export interface ResumeCommand extends ClientEventFields {
  type: "resume";
  sessionId: string;
  /** The `epoch` that `after` was given in. Absent with `after`, it counts as the session's own. */
  epoch?: string;
  /** The newest `seq` that the client has of this session; absent: it has nothing. */
  after?: number;
}

/** Client → gateway. Ends the watch; this connection gets answers only until it watches again. */
export interface UnwatchCommand extends ClientEventFields {
  type: "unwatch";
}

/** Client → gateway. Asks for the visitor's sessions, the one updated last first. Answered by `sessions`. */
export interface ListCommand extends ClientEventFields {
  type: "list";
  /** 1 to 200. @default 50 */
  limit?: number;
  /** The `cursor` of the page before. */
  cursor?: string;
  /** Archived sessions instead of open ones. */
  archived?: boolean;
}

/** Client → gateway. Stops the session's run, or the run named, queued or running; it ends in `run_end {aborted}`. */
export interface AbortCommand extends ClientEventFields {
  type: "abort";
  sessionId: string;
  runId?: string;
}

/**
 * Client → gateway. Answers the messages of a run anew, without a second user line: starts another run on what stood before
 * that one answered. Only the session's newest run, and only when nothing runs or waits (`SESSION_BUSY`). Answered by `ack` if
 * it has an `id`, then by the new run's events.
 */
export interface RetryCommand extends ClientEventFields {
  type: "retry";
  sessionId: string;
  runId: string;
}

/** Client → gateway. Decides on a tool call that waits (`approval_request`). The first answer counts; `approval_done` follows. */
export interface ApproveCommand extends ClientEventFields {
  type: "approve";
  sessionId: string;
  callId: string;
  decision: ApprovalDecision;
}

/** Client → gateway. Asks for older messages. Answered by `history`. */
export interface HistoryCommand extends ClientEventFields {
  type: "history";
  sessionId: string;
  /** Only messages with a smaller `seq`; absent: the newest. */
  before?: number;
  /** At most `maxHistoryMessages`. */
  limit?: number;
}

/** Client → gateway. Asks for the visitor's sessions with a text in their title or messages. Answered by `sessions`. */
export interface SearchCommand extends ClientEventFields {
  type: "search";
  /** 1 to 200 characters; case does not matter. */
  text: string;
  /** 1 to 200. @default 50 */
  limit?: number;
  /** Archived sessions instead of open ones. */
  archived?: boolean;
}

/** Client → gateway. Gives a session a title of 1 to 200 characters. Answered by `session_updated`. */
export interface RenameCommand extends ClientEventFields {
  type: "rename";
  sessionId: string;
  title: string;
}

/** Client → gateway. Begins a new session with the entries of another, up to `at`. Answered by its `session_updated`. */
export interface ForkCommand extends ClientEventFields {
  type: "fork";
  sessionId: string;
  /** The `seq` of the last entry to take over; absent: all. */
  at?: number;
}

/**
 * Client → gateway. `archive` puts a session away, `unarchive` takes it back; `delete` removes it, `undelete` takes it back
 * for some days. Refused with `SESSION_BUSY` while a run goes on. Answered by `session_updated`, or `session_deleted`.
 */
export type ShelfCommand =
  | ShelfCommandOf<"archive">
  | ShelfCommandOf<"unarchive">
  | ShelfCommandOf<"delete">
  | ShelfCommandOf<"undelete">;

interface ShelfCommandOf<Type extends string> extends ClientEventFields {
  type: Type;
  sessionId: string;
}

/** Whatever a client may send. */
export type ClientEvent =
  | MessageCommand
  | PingCommand
  | CreateCommand
  | AbortCommand
  | RetryCommand
  | ApproveCommand
  | HistoryCommand
  | ResumeCommand
  | UnwatchCommand
  | ListCommand
  | SearchCommand
  | RenameCommand
  | ForkCommand
  | ShelfCommand;

/** Gateway → client. Names the session that this connection watches from now on. */
export interface ConnectedEvent {
  type: "connected";
  sessionId: string;
  limits: Limits;
  replyTo?: string;
}

/** Gateway → client. A `message` or `retry` was accepted and will end in exactly one `run_end` of this `runId`. */
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
  /** Whether there are messages before the first of these. */
  hasMore: boolean;
  replyTo?: string;
}

/**
 * Gateway → client. The watch goes on: the events after `after` follow, in order, and then what happens.
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
  /** `events`: nothing is left out. `entries`: live events are gone, and the entries that stand for them follow. */
  from: "events" | "entries";
  replyTo?: string;
}

/**
 * Gateway → client. The client's place cannot be continued from, or it had none: forget what was shown of this session and
 * begin with these messages. The events after `upTo` follow.
 */
export interface ResyncEvent {
  type: "resync";
  sessionId: string;
  epoch: string;
  /** Everything up to this number is in `messages` or before them. */
  upTo: number;
  /** The newest ones up to `upTo`, oldest first. */
  messages: MessageEntry[];
  /** Whether there are messages before the first of these; `history` gives them. */
  hasMore: boolean;
  /** The run that goes on; absent when the session is at rest. */
  runId?: string;
  /** Messages that wait, oldest first, as far as they were recorded up to `upTo`; absent when there is none. */
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
  /** What stands around the text that was searched for, in the newest message with it; absent where only the title has it. */
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
 * Gateway → client. A session of the visitor's is new, runs, has come to rest, or was changed by a command; goes to each of the
 * visitor's connections, whatever they watch. Has no `seq`, unlike the recorded event of this name.
 */
export type SessionActivityEvent = SessionSummary & {
  type: "session_updated";
  /** On the connection whose command it answers. */
  replyTo?: string;
};

/** Gateway → client. A session of the visitor's was deleted. */
export interface SessionDeletedEvent {
  type: "session_deleted";
  sessionId: string;
  replyTo?: string;
}

/** Gateway → client. The gateway is stopping: it takes no more messages, and will close the connection. */
export interface DrainingEvent {
  type: "draining";
}

/** Gateway → client. A client event was refused; nothing was done. A failed run is an `error` with `runId` and `seq`. */
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
  | SessionActivityEvent
  | SessionDeletedEvent
  | DrainingEvent
  | CommandErrorEvent;
