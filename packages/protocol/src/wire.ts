import type { NumberedEvent } from "./events.ts";
import type { Limits } from "./limits.ts";
import type { MessageEntry } from "./transcript.ts";

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

/** Client → gateway. Runs the agent on a user message. Answered by `ack` if it has an `id`, then by the run's events. */
export interface MessageCommand extends ClientEventFields {
  type: "message";
  /** Absent: the session that this connection watches. Naming another one watches it from then on. */
  sessionId?: string;
  content: string;
}

/** Client → gateway. Answered by `pong`. */
export interface PingCommand extends ClientEventFields {
  type: "ping";
}

/** Client → gateway. Begins a new session under the connection's key. Answered by `connected`. */
export interface CreateCommand extends ClientEventFields {
  type: "create";
}

/** Client → gateway. Stops the session's run, or the run named, queued or running; it ends in `run_end {aborted}`. */
export interface AbortCommand extends ClientEventFields {
  type: "abort";
  sessionId: string;
  runId?: string;
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

/** Whatever a client may send. */
export type ClientEvent = MessageCommand | PingCommand | CreateCommand | AbortCommand | HistoryCommand;

/** Gateway → client. Names the session that this connection watches from now on. */
export interface ConnectedEvent {
  type: "connected";
  sessionId: string;
  limits: Limits;
  replyTo?: string;
}

/** Gateway → client. A `message` was accepted and will end in exactly one `run_end` of this `runId`. */
export interface AckEvent {
  type: "ack";
  replyTo: string;
  sessionId: string;
  runId: string;
  /** Runs before it in the session's lane; 0 when it starts at once. */
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
  | CommandErrorEvent;
