import type { Limits, NumberedEvent, ServerEvent } from "@mini-openclaw/protocol";
import type { Parsed } from "@mini-openclaw/protocol/schema";
import type { ProofLimits, RefusedProof } from "../auth/proof-door.ts";
import type { KeyedCommand } from "../commands/session-by-key.ts";
import type { Principal } from "../shared/principal.ts";

/**
 * A command of the protocol. In place of its `sessionId` it may have a `key` of the dialect's
 * choice, which names the caller's newest session of that key. A key without a session names an
 * empty one.
 */
export type DialectCommand = KeyedCommand;

/** A command of a frame, or the reason why there is none. */
export type Reading = Parsed<DialectCommand> & {
  /** The `replyTo` of the `error` if the command is refused. @default the `id` of the command */
  id?: string;
};

/**
 * The translation of one connection's frames to commands, and of events to frames. A translator
 * that throws closes its connection with 1011.
 */
export interface Translator {
  /**
   * Reads one text frame. Returns its commands in order, or nothing. The first refused command ends
   * them. The next frame waits for a promise.
   */
  read(frame: string): Readings | Promise<Readings>;
  /**
   * Returns the frames of an event in order, or an empty list. `json` is the JSON of a recorded
   * event, created once for all connections.
   */
  write(event: ServerEvent, json?: string): string | readonly string[];
}

/** The commands of one frame. */
// biome-ignore lint/suspicious/noConfusingVoidType: A function without a result returns void.
export type Readings = Reading | readonly Reading[] | undefined | void;

/** Settings of {@link DialectConnection.perform}. */
export interface PerformOptions {
  /**
   * Gets the events that the command asks for, each once and in order, after the answer. For
   * `message`, `answer`, `retry`, `edit` and a `resume` with `runId`, those are the events of that
   * run, from the first one to its `run_end`. For another `resume`, those are the missed and the
   * new events of the session.
   *
   *
   * @default the connection watches the session, and `write` gets its events
   */
  onEvent?: (event: NumberedEvent, json: string) => void;
  /** Ends the calls of `onEvent` when it aborts. */
  signal?: AbortSignal;
}

/** The result of {@link DialectConnection.authenticate}. */
export type Authentication = { readonly ok: true } | RefusedProof;

/** A client's connection, as its dialect uses it. No method throws or rejects. */
export interface DialectConnection {
  /** The client's principal. Absent for anonymous clients, and before `authenticate`. */
  readonly principal: Principal | undefined;
  readonly limits: Limits;
  /** Aborts when the client is gone. */
  readonly closed: AbortSignal;
  /** Sends a frame of the dialect's own. */
  send(frame: string): void;
  /**
   * Performs a command of the client. Resolves with its answer: an `error` if it is refused, and
   * `undefined` for an accepted `abort`, `approve` or `unwatch`.
   */
  perform(command: DialectCommand, options?: PerformOptions): Promise<ServerEvent | undefined>;
  /** Returns the dialect's key of a session by the `key` that the session has. */
  keyOf(sessionKey: string): string | undefined;
  /**
   * Lets in a client of a dialect with `proof`. A gateway with a token compares the token. The
   * app's `authenticate` gets it as its second argument.
   */
  authenticate(token?: string): Promise<Authentication>;
  close(code: number, reason: string): void;
}

/**
 * A form of the protocol on a WebSocket. Commands, events and their rules are those of the
 * protocol.
 */
export interface Dialect {
  /** The WebSocket subprotocol by which clients ask for the dialect. @default none */
  readonly subprotocol?: string;
  /** The largest frame of a client. @default `limits.maxFrameBytes` of the gateway */
  readonly maxFrameBytes?: number;
  /**
   * The beginning of the keys of this dialect's sessions, such as `ai:`. With it, commands may name
   * sessions by `key`, lists have the sessions of these keys, and a connection begins without a
   * session.
   *
   * @default a connection begins with a session, as in the native form
   */
  readonly keyPrefix?: string;
  /**
   * Set where clients prove in a frame who they are. They are refused until `authenticate` of the
   * connection has resolved with `ok`.
   *
   * @default clients prove who they are in the request of the upgrade
   */
  readonly proof?: ProofLimits;
  /** Begins a connection. */
  connect(connection: DialectConnection): Translator;
}
