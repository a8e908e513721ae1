import type { ApprovalDecision } from "../session/events.ts";
import type { TextBlock } from "../session/messages.ts";

/**
 * The wire has one JSON object per WebSocket text frame. The tutorial's two client events and seven
 * server events are a subset, so a client that knows only those works unchanged. A reader ignores
 * unknown types and fields.
 *
 * Every client event may have an `id`. The answer repeats it as `replyTo`.
 */

interface ClientEventFields {
  /**
   * An id of the client's choice, at most `maxIdChars` long. A user entry keeps the id of its
   * `message`.
   */
  id?: string;
}

/**
 * Client → gateway. The token, as the first frame of a connection to `/?auth=frame`. The answer is
 * `connected` or close code 4401.
 */
export interface AuthCommand {
  type: "auth";
  token: string;
}

/**
 * Client → gateway. Runs the agent on a user message. The answer is `ack` if the event has an `id`.
 * The events of the run follow.
 */
export interface MessageCommand extends ClientEventFields {
  type: "message";
  /**
   * The session of the message. The connection watches it from then on. Without it, the message
   * goes to the session that the connection watches.
   */
  sessionId?: string;
  /** The text of the message. It may be empty beside `blocks`. */
  content: string;
  /** Files and texts that the model gets before `content`. Their limits are in `connected`. */
  blocks?: MessageBlock[];
  /**
   * The behavior while a run of the session is active. `queue` adds the message to the queue.
   * `steer` adds the message to the active run before its next model call. `interrupt` stops the
   * active run and runs the message next.
   *
   * @default "queue"
   */
  mode?: MessageMode;
}

/** A part of a message: a text, or a file whose bytes agree with its media type. */
export type MessageBlock = InlineBlock | SavedFile;

/** A part of a message that has the bytes of its file. */
export type InlineBlock = Pick<TextBlock, "type" | "text"> | SentFile;

interface FileFields {
  type: "image" | "document";
  mediaType: string;
  /** The name of the file, 1 to 200 characters. */
  name?: string;
}

interface SentFile extends FileFields {
  /** The bytes in base64. */
  data: string;
}

/** A file that the session has already. Its sender must be allowed to `resume` the session. */
interface SavedFile extends FileFields {
  /** The id of the blob, as a block of the session has it. */
  blob: string;
}

export type MessageMode = "queue" | "steer" | "interrupt";

/** Client → gateway. Asks for a `pong`. */
export interface PingCommand extends ClientEventFields {
  type: "ping";
}

/** Client → gateway. Creates a session under the connection's key. The answer is `connected`. */
export interface CreateCommand extends ClientEventFields {
  type: "create";
}

/**
 * Client → gateway. Watches a session and asks for all events after a number, once and in order.
 * The answer is `resumed`, or `resync` if the events after that number are not available.
 */
export interface ResumeCommand extends ClientEventFields {
  type: "resume";
  sessionId: string;
  /** The `epoch` that `after` belongs to. If absent, `after` belongs to the current epoch. */
  epoch?: string;
  /** The newest `seq` of the session that the client has. Absent if it has none. */
  after?: number;
  /**
   * Asks for all events from the first one of this run on, in place of those after `after`. One of
   * the session's latest runs, active or over.
   */
  runId?: string;
  /**
   * Watches the session beside those that the connection watches.
   * @default false
   */
  keep?: boolean;
}

/**
 * Client → gateway. Stops watching a session, or all sessions. The connection gets answers only,
 * until it watches again.
 */
export interface UnwatchCommand extends ClientEventFields {
  type: "unwatch";
  /** @default all sessions */
  sessionId?: string;
}

/**
 * Client → gateway. Asks for the tool calls that wait for a decision of the caller. The answer is
 * `approvals`.
 */
export interface ApprovalsCommand extends ClientEventFields {
  type: "approvals";
  /** Only calls of this session. @default all sessions of the caller */
  sessionId?: string;
}

/**
 * Client → gateway. Asks for the caller's sessions, newest update first. The answer is `sessions`.
 */
export interface ListCommand extends ClientEventFields {
  type: "list";
  /**
   * 1 to 200.
   * @default 50
   */
  limit?: number;
  /** The `cursor` of the previous page. */
  cursor?: string;
  /** Asks for archived sessions instead of open ones. */
  archived?: boolean;
}

/**
 * Client → gateway. Stops the active run of the session, or the run with the given id. The run ends
 * with `run_end {aborted}`. A queued run ends at once, and its message is not kept.
 */
export interface AbortCommand extends ClientEventFields {
  type: "abort";
  sessionId: string;
  runId?: string;
}

/**
 * Client → gateway. Runs the messages of a run again, without a second user message. Only the
 * newest run of a session can be retried, and only while no run is active or queued
 * (`SESSION_BUSY`). The answer is `ack` if the event has an `id`. The events of the new run follow.
 */
export interface RetryCommand extends ClientEventFields {
  type: "retry";
  sessionId: string;
  runId: string;
}

/**
 * Client → gateway. Replaces a message of the user: the conversation continues from there with the
 * new text. The replaced messages stay in the transcript. Refused with `SESSION_BUSY` while a run
 * is active or queued. The answer is `ack` if the event has an `id`. The events of the new run
 * follow.
 */
export interface EditCommand extends ClientEventFields {
  type: "edit";
  sessionId: string;
  /** The `id` of the user's message, as `user_message` and `history` have it. */
  messageId: string;
  /** The new text. It may be empty beside `blocks`. */
  content: string;
  /** The files of the new message. Those of the replaced one are not kept. */
  blocks?: MessageBlock[];
}

/**
 * Client → gateway. Decides on a tool call that waits (`approval_request`). The first decision
 * counts. `approval_done` follows.
 */
export interface ApproveCommand extends ClientEventFields {
  type: "approve";
  sessionId: string;
  callId: string;
  /**
   * The run that asks. With it, a late decision is refused. Without it, it decides on a call of a
   * later run that has the same `callId`.
   */
  runId?: string;
  decision: ApprovalDecision;
}

/** Client → gateway. Asks for older messages. The answer is `history`. */
export interface HistoryCommand extends ClientEventFields {
  type: "history";
  sessionId: string;
  /** Only messages with a smaller `seq`. Without it, the newest messages. */
  before?: number;
  /** At most `maxHistoryMessages`. */
  limit?: number;
  /**
   * Asks for messages that an edit replaced, too.
   * @default false
   */
  replaced?: boolean;
}

/** Client → gateway. Searches for a text in titles and messages. The answer is `sessions`. */
export interface SearchCommand extends ClientEventFields {
  type: "search";
  /** 1 to 200 characters. Case does not matter. */
  text: string;
  /**
   * 1 to 200.
   * @default 50
   */
  limit?: number;
  /** The `cursor` of the previous answer. */
  cursor?: string;
  /** Asks for archived sessions instead of open ones. */
  archived?: boolean;
}

/** Client → gateway. Sets the title, 1 to 200 characters. The answer is `session_summary`. */
export interface RenameCommand extends ClientEventFields {
  type: "rename";
  sessionId: string;
  title: string;
}

/**
 * Client → gateway. Creates a session with the entries of another one, up to `at`. The answer is
 * the `session_summary` of the new session.
 */
export interface ForkCommand extends ClientEventFields {
  type: "fork";
  sessionId: string;
  /** The `seq` of the last entry to copy. All entries if absent. */
  at?: number;
}

/**
 * Client → gateway. Archives, unarchives, deletes or restores a session. A deleted session can be
 * restored for some days. Refused with `SESSION_BUSY` while a run is active. The answer is
 * `session_summary` or `session_deleted`.
 */
export type LifecycleCommand =
  | LifecycleCommandOf<"archive">
  | LifecycleCommandOf<"unarchive">
  | LifecycleCommandOf<"delete">
  | LifecycleCommandOf<"undelete">;

interface LifecycleCommandOf<Type extends string> extends ClientEventFields {
  type: Type;
  sessionId: string;
}

/** Any event that a client may send. */
export type ClientEvent =
  | MessageCommand
  | PingCommand
  | CreateCommand
  | AbortCommand
  | RetryCommand
  | EditCommand
  | ApproveCommand
  | ApprovalsCommand
  | HistoryCommand
  | ResumeCommand
  | UnwatchCommand
  | ListCommand
  | SearchCommand
  | RenameCommand
  | ForkCommand
  | LifecycleCommand;
