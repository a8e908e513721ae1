import type { ApprovalDecision } from "../session/events.ts";

/**
 * The wire: one JSON object per WebSocket text frame. The tutorial's two client events and seven
 * server events are a subset, so a client that knows only those works unchanged. A reader ignores
 * what it does not know.
 *
 * Every client event may carry `id`; the answer names it as `replyTo`.
 */

interface ClientEventFields {
  /**
   * Chosen by the client, at most `maxIdChars` long. On `message` it is also kept with the user
   * entry.
   */
  id?: string;
}

/**
 * Client → gateway. The token, as the first frame of a connection to `/?auth=frame`, and nowhere
 * else. Answered by the `connected` that greets every connection, or by close code 4401.
 */
export interface AuthCommand {
  type: "auth";
  token: string;
}

/**
 * Client → gateway. Runs the agent on a user message. Answered by `ack` if it has an `id`, then by
 * the run's events.
 */
export interface MessageCommand extends ClientEventFields {
  type: "message";
  /**
   * Absent: the session that this connection watches. Naming another one watches it from then on.
   */
  sessionId?: string;
  content: string;
  /**
   * What to do while a run of the session goes on. `queue`: run after it and what waits. `steer`:
   * enter that run, after its tools and before it asks the model again. `interrupt`: stop that run,
   * then run. @default "queue"
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
 * Client → gateway. Watches a session from a place on: everything after it, once and in order, then
 * what happens from now on. Answered by `resumed`, or by `resync` where that place cannot be
 * continued from.
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

/**
 * Client → gateway. Asks for the visitor's sessions, the one updated last first. Answered by
 * `sessions`.
 */
export interface ListCommand extends ClientEventFields {
  type: "list";
  /** 1 to 200. @default 50 */
  limit?: number;
  /** The `cursor` of the page before. */
  cursor?: string;
  /** Archived sessions instead of open ones. */
  archived?: boolean;
}

/**
 * Client → gateway. Stops the session's run, or the run named; it ends in `run_end {aborted}`. One
 * that waits ends at once, and its message is not kept.
 */
export interface AbortCommand extends ClientEventFields {
  type: "abort";
  sessionId: string;
  runId?: string;
}

/**
 * Client → gateway. Answers the messages of a run anew, without a second user line: starts another
 * run on what stood before that one answered. Only the session's newest run, and only when nothing
 * runs or waits (`SESSION_BUSY`). Answered by `ack` if it has an `id`, then by the new run's
 * events.
 */
export interface RetryCommand extends ClientEventFields {
  type: "retry";
  sessionId: string;
  runId: string;
}

/**
 * Client → gateway. Decides on a tool call that waits (`approval_request`). The first answer
 * counts; `approval_done` follows.
 */
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

/**
 * Client → gateway. Asks for the visitor's sessions with a text in their title or messages.
 * Answered by `sessions`.
 */
export interface SearchCommand extends ClientEventFields {
  type: "search";
  /** 1 to 200 characters; case does not matter. */
  text: string;
  /** 1 to 200. @default 50 */
  limit?: number;
  /** The `cursor` of the answer before, for what comes after it. */
  cursor?: string;
  /** Archived sessions instead of open ones. */
  archived?: boolean;
}

/**
 * Client → gateway. Gives a session a title of 1 to 200 characters. Answered by `session_summary`.
 */
export interface RenameCommand extends ClientEventFields {
  type: "rename";
  sessionId: string;
  title: string;
}

/**
 * Client → gateway. Begins a new session with the entries of another, up to `at`. Answered by its
 * `session_summary`.
 */
export interface ForkCommand extends ClientEventFields {
  type: "fork";
  sessionId: string;
  /** The `seq` of the last entry to take over; absent: all. */
  at?: number;
}

/**
 * Client → gateway. `archive` puts a session away, `unarchive` takes it back; `delete` removes it,
 * `undelete` takes it back for some days. Refused with `SESSION_BUSY` while a run goes on. Answered
 * by `session_summary`, or `session_deleted`.
 */
export type LifecycleCommand =
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
  | LifecycleCommand;
