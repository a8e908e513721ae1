import type { ServerEvent, SessionDeletedEvent, SessionSummaryEvent } from "@mini-openclaw/protocol";
import type { ConnectOptions } from "./connect-options.ts";
import { Connection } from "./connection.ts";
import type { ConnectionState } from "./connection-state.ts";
import { ClientError, toClientError } from "./errors.ts";
import { Observable } from "./observable.ts";
import { type AnswerTo, Requests, type SessionQuestion } from "./requests.ts";
import type { Session } from "./session.ts";
import { WatchedSession } from "./watched-session.ts";

/** A session is new, runs, has come to rest, was changed by a command, or deleted. */
export type SessionChange = SessionSummaryEvent | SessionDeletedEvent;

/** A connection to a gateway that lasts, and the sessions behind it. It watches one session at a time. */
export interface Client {
  /** Calls `listener` when the state of the connection changes. Returns what ends that. */
  readonly subscribe: (listener: () => void) => () => void;
  /** The state of the connection. */
  readonly getSnapshot: () => ConnectionState;
  /** Connects without waiting any longer. */
  readonly retryNow: () => void;
  /**
   * A session, which is watched from now on; the one before is `away`, and goes on from its place when it is asked for
   * again. Without an id: the one that the gateway begins this visitor in. The same id gives the same object.
   */
  session(sessionId?: string): Session;
  /**
   * Begins a new session and watches it.
   *
   * @throws ClientError the gateway's code, `TOO_MANY_REQUESTS`, `CLOSED`; the signal's reason.
   */
  create(options?: { signal?: AbortSignal }): Promise<Session>;
  /**
   * Lists, searches, reads, renames, forks, archives or deletes sessions, watched or not: takes the command and resolves with its
   * answer, as soon as there is a connection to get it on.
   *
   * @throws ClientError the gateway's code, `CONNECTION_LOST`, `TOO_MANY_REQUESTS`, `CLOSED`; the signal's reason.
   */
  ask<Type extends SessionQuestion["type"]>(
    question: Extract<SessionQuestion, { type: Type }>,
    options?: { signal?: AbortSignal },
  ): Promise<AnswerTo<Type>>;
  /**
   * Calls `listener` for each change of this visitor's sessions, whichever is watched. What happens while there is no
   * connection is not told: list them when there is one. Returns what ends it.
   */
  onSessionChange(listener: (change: SessionChange) => void): () => void;
  /** Ends the connection for good, and rejects whatever waits with `CLOSED`. May be called again. */
  close(): void;
}

/**
 * Connects to a gateway, and stays connected until `close()` or the signal.
 *
 * @throws ClientError `INVALID_OPTION`, `NO_WEBSOCKET`.
 */
export function connect(options: ConnectOptions): Client {
  return new GatewayClient(options);
}

class GatewayClient implements Client {
  readonly #connection: Connection;
  readonly #requests = new Requests((event) => this.#connection.transmit(event));
  readonly #sessions = new Set<WatchedSession>();
  readonly #onFailure: (error: ClientError) => void;
  /** The latest change of a session. */
  readonly #change = new Observable<SessionChange | undefined>(undefined);
  /** The one that is watched. */
  #current: WatchedSession | undefined;
  /** The one that was asked for without an id. */
  #unnamed: WatchedSession | undefined;

  constructor(options: ConnectOptions) {
    const { signal, onFailure = (error) => console.error("[client]", error) } = options;
    signal?.throwIfAborted();
    this.#onFailure = onFailure;
    this.#connection = new Connection(options, {
      onConnected: () => this.#greeted(),
      onFrame: (frame) => this.#receive(frame),
      onLost: () => {
        this.#requests.disconnected();
        for (const session of this.#sessions) session.disconnected();
      },
      onFailure,
    });
    signal?.addEventListener("abort", () => this.close(), { once: true });
  }

  // Values, because they are handed on without the client, as to React's `useSyncExternalStore`.
  readonly subscribe = (listener: () => void): (() => void) => this.#connection.state.subscribe(listener);
  readonly getSnapshot = (): ConnectionState => this.#connection.state.value;

  readonly retryNow = (): void => this.#connection.retryNow();

  session(sessionId?: string): Session {
    const found =
      sessionId === undefined
        ? this.#unnamed
        : [...this.#sessions].find((one) => one.getSnapshot().sessionId === sessionId);
    const session = found ?? this.#add(sessionId, sessionId !== undefined);
    if (sessionId === undefined) this.#unnamed = session;
    this.#watch(session);
    return session;
  }

  async create({ signal }: { signal?: AbortSignal } = {}): Promise<Session> {
    const { sessionId } = await this.#requests.ask({ type: "create" }, signal);
    const session = this.#add(sessionId, false);
    this.#watch(session);
    return session;
  }

  ask<Type extends SessionQuestion["type"]>(
    question: Extract<SessionQuestion, { type: Type }>,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<AnswerTo<Type>> {
    return this.#requests.ask<Type>(question, signal);
  }

  onSessionChange(listener: (change: SessionChange) => void): () => void {
    return this.#change.subscribe((change) => change && listener(change));
  }

  close(): void {
    const error = new ClientError("CLOSED", "the client was closed");
    this.#connection.close();
    this.#requests.close(error);
    for (const session of this.#sessions) session.close(error);
  }

  #add(sessionId: string | undefined, isNamed: boolean): WatchedSession {
    const session: WatchedSession = new WatchedSession(
      {
        connection: this.#connection,
        requests: this.#requests,
        outgoingCount: () => [...this.#sessions].reduce((sum, one) => sum + one.outgoingCount, 0),
        deliver: () => this.#deliver(session),
      },
      { sessionId, isNamed },
    );
    this.#sessions.add(session);
    return session;
  }

  #watch(session: WatchedSession): void {
    if (this.#current === session) return;
    this.#current?.leave();
    this.#current = session;
    session.resume();
  }

  /** A message to another session takes the gateway's watch along: it is called back. */
  #deliver(session: WatchedSession): void {
    if (session.flush() && session !== this.#current) this.#current?.resume();
  }

  #greeted(): void {
    this.#requests.resend();
    for (const session of this.#sessions) {
      if (session !== this.#current) session.flush();
    }
    this.#current?.resume();
  }

  #receive(frame: ServerEvent): void {
    if ("seq" in frame) {
      this.#current?.receive(frame);
      return;
    }
    const isAnswer = this.#requests.settle(frame);
    if (frame.type === "session_summary" || frame.type === "session_deleted") this.#change.set(frame);
    if (isAnswer) return;
    // The answer to a `create` that was given up: the gateway watches a session that nobody wants.
    if (frame.type === "connected") return this.#current?.resume();
    for (const session of this.#sessions) {
      if (session.receive(frame)) return;
    }
    if (frame.type === "error") this.#onFailure(toClientError(frame));
  }
}
