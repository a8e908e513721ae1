import type {
  ApprovalDecision,
  MessageBlock,
  MessageEntry,
  MessageMode,
  NumberedEvent,
  ResyncEvent,
  RunEndEntry,
  SessionView,
} from "@mini-openclaw/protocol";
import type { Outbox } from "./outbox.ts";

/** The client's knowledge of a session at one moment. The same object until something changes. */
export interface SessionSnapshot {
  /** Absent until the gateway has named the session. */
  readonly sessionId?: string;
  /**
   * `live`: events are shown as they happen. `syncing`: the client loads what it missed.
   * `away`: the client watches another session. `missing`: there is no such session, it was
   * deleted, or it belongs to somebody else. `closed`: the client was closed.
   */
  readonly phase: "live" | "syncing" | "away" | "missing" | "closed";
  readonly view: SessionView;
  /** The messages on their way, oldest first. Show them after everything in the view. */
  readonly outbox: Outbox;
  /** The run that was asked to stop and has not ended. */
  readonly stopping?: string;
}

/**
 * An event of an iteration over a session. A `resync` replaces everything before it: it carries the
 * messages that the session has now.
 */
export type WatchedEvent = NumberedEvent | ResyncEvent;

/** A message that the gateway has, or a run that it started again. */
export interface Accepted {
  /** The message's own id. The session's user entry has it as `requestId`. */
  id: string;
  /** The run that answers. It ends in exactly one `run_end`. */
  runId: string;
  /** The end of the run, if the message was sent before and its run is over. */
  runEnd?: RunEndEntry | undefined;
}

export interface SendOptions {
  /**
   * Files and texts that the model gets before `content`, which may be empty then. The limits of
   * the gateway are in `client.getSnapshot().limits`.
   */
  blocks?: readonly MessageBlock[] | undefined;
  /** Queue behind a run that is active, enter it, or stop it. @default "queue" */
  mode?: MessageMode;
  /**
   * The id of the message. The gateway runs a message once per id, so an app with an outbox of its
   * own can send again after a restart. @default a new id
   */
  id?: string;
}

export interface HistoryOptions {
  /**
   * The number of messages to load, up to the gateway's `limits.maxHistoryMessages`.
   * @default 50
   */
  limit?: number;
  signal?: AbortSignal;
}

/** One session, as `client.session()` returns it. */
export interface Session {
  /** Calls `listener` after each change. Returns a function that unsubscribes. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => SessionSnapshot;
  /**
   * Sends a message once, now or when there is a connection, after the messages before it.
   *
   * Resolves when the gateway has it. The promise may be ignored, because the outbox shows the
   * same.
   *
   * @throws ClientError the gateway's code, `MESSAGE_TOO_LONG`, `DISCARDED`, `OUTBOX_FULL`,
   * `CLOSED`.
   */
  send(content: string, options?: SendOptions): Promise<Accepted>;
  /**
   * Sends a message and iterates over the events of its run. The iteration ends with the run's
   * `run_end`, or with a `resync` if the run ended while the connection was lost. It has only the
   * `run_end` if the message was sent before, under its `id`, and its run is over. It throws if the
   * client is closed or the session deleted before.
   *
   * @throws ClientError as `send` and `events` do; `SESSION_NOT_FOUND`.
   */
  ask(content: string, options?: SendOptions & { signal?: AbortSignal }): AsyncIterableIterator<WatchedEvent>;
  /** Sends a refused message again, under its id. The promise may be ignored. */
  sendAgain(id: string): Promise<Accepted>;
  /** Removes a message that was not accepted. If it was sent already, it may still run. */
  discard(id: string): void;
  /**
   * Answers the messages of the session's newest run again. The answers of that run are shown no
   * longer. Resolves when the gateway has started the new run.
   *
   * @throws ClientError the gateway's code, as `SESSION_BUSY` or `RUN_NOT_FOUND`;
   * `TOO_MANY_REQUESTS`, `CLOSED`; the signal's reason.
   */
  retry(runId: string, options?: { signal?: AbortSignal }): Promise<Accepted>;
  /**
   * Replaces a message of the user: the conversation continues from there with the new text. The
   * message and everything after it are shown no longer. Resolves when the gateway has started the
   * new run.
   *
   * @param messageId the `key` of the message's item, which is the id of its entry
   * @throws ClientError the gateway's code, as `SESSION_BUSY` or `MESSAGE_NOT_FOUND`;
   * `TOO_MANY_REQUESTS`, `CLOSED`; the signal's reason.
   */
  edit(messageId: string, content: string, options?: { signal?: AbortSignal }): Promise<Accepted>;
  /**
   * Stops a run, by default the oldest active one. It ends in `run_end {aborted}` and keeps its
   * text. A queued message is cancelled and removed.
   *
   * Resolves when the gateway has the command, after a reconnect too. The promise may be ignored.
   *
   * @throws ClientError the gateway's code, as `RUN_NOT_FOUND`; `TOO_MANY_REQUESTS`, `CLOSED`.
   */
  abort(runId?: string): Promise<void>;
  /**
   * Decides on a tool call that asks (`asksFor` of its item). The first decision counts. A late
   * decision does not count for a call of a later run with the same id.
   *
   * Resolves when the gateway has the decision, after a reconnect too. The promise may be ignored.
   *
   * @param runId the run that asks, by default the oldest active one
   * @throws ClientError the gateway's code, as `APPROVAL_EXPIRED`; `TOO_MANY_REQUESTS`, `CLOSED`.
   */
  approve(callId: string, decision: ApprovalDecision, runId?: string): Promise<void>;
  /**
   * Loads the messages before the oldest one of the view, into the view. Resolves with them, oldest
   * first, or with an empty list.
   *
   * @throws ClientError the gateway's code, `TOO_MANY_REQUESTS`, `CLOSED`; the signal's reason.
   */
  history(options?: HistoryOptions): Promise<MessageEntry[]>;
  /**
   * Iterates over the session's events from this call on, each once, in order, across reconnects.
   * Ends when the client is closed.
   *
   * @throws ClientError `TOO_SLOW` when more than 10,000 events wait; the signal's reason.
   */
  events(options?: { signal?: AbortSignal }): AsyncIterableIterator<WatchedEvent>;
}
