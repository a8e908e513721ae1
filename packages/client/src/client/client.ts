import type { ServerEvent, SessionDeletedEvent, SessionSummaryEvent } from "@mini-openclaw/protocol";
import type { ConnectOptions } from "../connection/connect-options.ts";
import type { ConnectionState } from "../connection/connection-state.ts";
import {
  type AnswerTo,
  RequestConnection,
  type RequestOptions,
  type SessionRequest,
} from "../connection/requests.ts";
import { type ClientError, closedError, missingSession } from "../lib/errors.ts";
import { Observable } from "../lib/observable.ts";
import type { SendingSession, SessionHost } from "../session/sending-session.ts";
import type { Session } from "../session/session.ts";
import { WatchedSession } from "../session/watched-session.ts";

/** A session that is new, runs, has come to rest, was changed by a command, or deleted. */
export type SessionChange = SessionSummaryEvent | SessionDeletedEvent;

/**
 * A lasting connection to a gateway, and the sessions behind it. It watches one session at a time.
 */
export interface Client {
  /**
   * Calls `listener` when the state of the connection changes. Returns a function that
   * unsubscribes.
   */
  readonly subscribe: (listener: () => void) => () => void;
  /** Returns the state of the connection. */
  readonly getSnapshot: () => ConnectionState;
  /**
   * Resolves when the connection is open. Rejects when the present attempt fails, or else the next
   * one: each has `connectTimeoutMs`. The client still tries again.
   *
   * @throws ClientError the reason why there is no connection; `CLOSED`.
   */
  connected(): Promise<void>;
  /** Connects now instead of after the pause. */
  readonly retryNow: () => void;
  /**
   * Watches a session from now on, and returns it. The session before is `away`, and continues
   * where it was when it is watched again. Without an id, it is the session in which the gateway
   * starts this user. The same id returns the same object.
   */
  session(sessionId?: string): Session;
  /**
   * Creates a session and watches it.
   *
   * @throws ClientError the gateway's code, `TOO_MANY_REQUESTS`, `CLOSED`; the signal's reason.
   */
  create(options?: { signal?: AbortSignal }): Promise<Session>;
  /**
   * Lists, searches, reads, renames, forks, archives or deletes sessions, watched or not. Resolves
   * with the gateway's answer, as soon as there is a connection to get it on.
   *
   * @throws ClientError the gateway's code, `CONNECTION_LOST`, `TOO_MANY_REQUESTS`, `CLOSED`; the
   * signal's reason.
   */
  ask<Type extends SessionRequest["type"]>(
    request: Extract<SessionRequest, { type: Type }>,
    options?: { signal?: AbortSignal },
  ): Promise<AnswerTo<Type>>;
  /**
   * Calls `listener` for each change of this user's sessions, watched or not. Changes without a
   * connection are not reported: list the sessions when it is open again. Returns a function that
   * unsubscribes.
   */
  onSessionChange(listener: (change: SessionChange) => void): () => void;
  /** Closes the connection for good, and rejects whatever waits with `CLOSED`. Idempotent. */
  close(): void;
}

/**
 * Connects to a gateway, and stays connected until `close()` or the signal.
 *
 * @throws ClientError `INVALID_OPTION`, `NO_WEBSOCKET`.
 */
export function connect(options: ConnectOptions): Client {
  const { signal, ...others } = options;
  signal?.throwIfAborted();
  const client = new GatewayClient(others);
  signal?.addEventListener("abort", () => client.close());
  client.retryNow();
  return client;
}

/**
 * A connection to a gateway and its sessions. The gateway shows the events of one, the current one.
 */
class GatewayClient extends RequestConnection implements Client, SessionHost {
  readonly subscribe = this.state.subscribe;
  readonly getSnapshot = this.state.getSnapshot;
  readonly #sessions = new Set<WatchedSession>();
  /** The latest change of a session. */
  readonly #change = new Observable<SessionChange | undefined>(undefined, this.failed("listener"));
  #current: WatchedSession | undefined;
  /** The session that was requested without an id. */
  #unnamed: WatchedSession | undefined;

  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (state: ConnectionState) => {
        if (state.phase === "connecting") return;
        unsubscribe();
        if (state.phase === "open") resolve();
        else reject((state as { error?: ClientError }).error ?? closedError());
      };
      const unsubscribe = this.state.subscribe(settle);
      const state = this.state.value;
      if (state.phase !== "waiting") settle(state);
    });
  }

  session(sessionId?: string): Session {
    if (sessionId === undefined) return this.watch(this.#unnamedSession());
    return this.watch(this.#known(sessionId) ?? this.#add(sessionId));
  }

  async create(options?: RequestOptions): Promise<Session> {
    const { sessionId } = await this.ask<"create">({ type: "create" }, options);
    const session = this.#add();
    session.change({ sessionId });
    return this.watch(session);
  }

  onSessionChange(listener: (change: SessionChange) => void): () => void {
    // The value before the first change is never emitted.
    return this.#change.subscribe(listener as (change: SessionChange | undefined) => void);
  }

  override close(): void {
    for (const session of this.#sessions) session.end("closed", closedError());
    super.close();
  }

  get outgoingCount(): number {
    const messages = [...this.#sessions].flatMap((one) => one.value.outbox);
    return messages.filter(({ phase }) => phase !== "accepted").length;
  }

  watch(session: WatchedSession): WatchedSession {
    if (this.#current === session) return session;
    this.#current?.pause("away");
    this.#current = session;
    session.resume();
    return session;
  }

  forget(session: WatchedSession): void {
    this.#sessions.delete(session);
    if (this.#unnamed === session) this.#unnamed = undefined;
    if (this.#current === session) this.#current = undefined;
  }

  deliver(session: SendingSession): void {
    if (session.flush() && session !== this.#current) this.#current?.resume();
  }

  protected override onConnected(): void {
    super.onConnected();
    for (const session of this.#sessions) if (session !== this.#current) session.flush();
    this.#current?.resume();
  }

  protected override onLost(): void {
    this.#current?.pause("syncing");
    super.onLost();
  }

  protected override onFrame(frame: ServerEvent): void {
    if ("seq" in frame) return this.#current?.receive(frame);
    const { type } = frame;
    if (type === "session_deleted") this.#known(frame.sessionId)?.end("missing", missingSession());
    super.onFrame(frame);
    // Answers about sessions, such as `session_summary`. Their events have a `seq`.
    if (/^session_/.test(type)) this.#change.set(frame as SessionChange);
    if (type === "draining") this.drain();
    // The gateway watches the session of every `create`, whether the client still wants it or not.
    if (type === "connected") this.#current?.resume();
  }

  /**
   * Returns the session in which the gateway starts this user, as the object that it has already.
   */
  #unnamedSession(): WatchedSession {
    const { sessionId } = this.state.value as { sessionId?: string };
    if (this.#unnamed?.value.sessionId === undefined) {
      this.#unnamed = this.#known(sessionId) ?? this.#unnamed ?? this.#add();
    }
    return this.#unnamed;
  }

  #known(sessionId: string | undefined): WatchedSession | undefined {
    return [...this.#sessions].find((one) => one.value.sessionId === sessionId);
  }

  #add(sessionId?: string): WatchedSession {
    const session = new WatchedSession(this, sessionId);
    this.#sessions.add(session);
    if (this.state.value.phase === "closed") session.end("closed", closedError());
    return session;
  }
}
