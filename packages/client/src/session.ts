import type {
  ApprovalDecision,
  MessageEntry,
  MessageMode,
  NumberedEvent,
  ResyncEvent,
  SessionView,
} from "@mini-openclaw/protocol";
import type { Outbox } from "./outbox.ts";

/** What a client knows of a session at one moment. A value, and the same one until something changes. */
export interface SessionSnapshot {
  /** Absent until the gateway has named the session. */
  readonly sessionId?: string;
  /**
   * `live`: what happens is shown as it happens. `syncing`: the gateway has yet to say what happened meanwhile.
   * `away`: the client watches another session. `missing`: there is no such session, or it is not yours.
   */
  readonly phase: "live" | "syncing" | "away" | "missing";
  readonly view: SessionView;
  /** Messages on their way, oldest first; shown after everything in the view. */
  readonly outbox: Outbox;
  /** The run that was asked to stop and has not ended. */
  readonly stopping?: string;
}

/** What an iteration over a session's events gives. After a `resync`, forget what was shown: it says what there is. */
export type WatchedEvent = NumberedEvent | ResyncEvent;

/** A message that the gateway took, or a run that it began anew. */
export interface Accepted {
  /** The message's own id; the session's user entry has it as `requestId`. */
  id: string;
  /** The run that answers it, and ends in exactly one `run_end`. */
  runId: string;
}

export interface SendOptions {
  /** What to do while a run goes on: wait for it, enter it, or stop it. @default "queue" */
  mode?: MessageMode;
}

export interface HistoryOptions {
  /** Most messages to load; gateways say the highest in `limits.maxHistoryMessages`. @default 50 */
  limit?: number;
  signal?: AbortSignal;
}

/** One session, as `client.session()` gives it. */
export interface Session {
  /** Calls `listener` after each change. Returns what ends that. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => SessionSnapshot;
  /**
   * Sends a message, at once or when there is a connection again: once, whatever happens to connections meanwhile.
   *
   * Resolves when the gateway has taken it. The outbox of the snapshot tells the same, so the promise may be ignored.
   *
   * @throws ClientError the gateway's code, `MESSAGE_TOO_LONG`, `DISCARDED`, `OUTBOX_FULL`, `CLOSED`.
   */
  send(content: string, options?: SendOptions): Promise<Accepted>;
  /** Sends a refused message again, under its id. */
  sendAgain(id: string): Promise<Accepted>;
  /** Forgets a message that was not accepted. One that was sent may run all the same. */
  discard(id: string): void;
  /**
   * Has the messages of the session's newest run answered anew: what that run answered is shown no longer. Resolves when the
   * gateway has begun.
   *
   * @throws ClientError the gateway's code, as `SESSION_BUSY` or `RUN_NOT_FOUND`; `TOO_MANY_REQUESTS`, `CLOSED`; the signal's reason.
   */
  retry(runId: string, options?: { signal?: AbortSignal }): Promise<Accepted>;
  /**
   * Stops the run named, or the oldest one that goes on. It ends in `run_end {aborted}`, what it said is kept. A message that
   * still waits for its run is called off: it goes from `queued`, and nothing of it is kept.
   */
  abort(runId?: string): void;
  /** Decides on a tool call that asks (`asksFor` of its item). The first decision counts. */
  approve(callId: string, decision: ApprovalDecision): void;
  /**
   * Loads the messages before the oldest one of the snapshot's view, into the view. Resolves with them, oldest first;
   * with none when there are none.
   *
   * @throws ClientError the gateway's code, `TOO_MANY_REQUESTS`, `CLOSED`; the signal's reason.
   */
  history(options?: HistoryOptions): Promise<MessageEntry[]>;
  /**
   * What happens in the session from this call on, each event once, in order, whatever happens to connections. Ends when
   * the client is closed.
   *
   * @throws ClientError `TOO_SLOW` when more than 10,000 events wait to be taken; the signal's reason.
   */
  events(options?: { signal?: AbortSignal }): AsyncIterableIterator<WatchedEvent>;
}
