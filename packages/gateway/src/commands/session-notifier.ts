import type { ServerEvent, SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { type Caller, hasKey } from "../shared/principal.ts";
import { SerialQueue } from "../shared/work-queues.ts";
import type { Permissions } from "./permissions.ts";

/** A connection that is notified of its caller's sessions. */
interface Listener {
  readonly caller: Caller;
  isWatching(sessionId: string): boolean;
  /**
   * Sends a notice of a session that the client did not ask for. A newer one of that session may
   * replace it.
   */
  notify(sessionId: string, notice: ServerEvent): void;
}

export interface NotifierDeps {
  store: Pick<SessionStore, "getSession">;
  permissions: Permissions;
  isRunning: (sessionId: string) => boolean;
  /** Returns true if a tool call of the session waits for a decision. */
  awaitsApproval: (sessionId: string) => boolean;
  /** The open connections. */
  connections: ReadonlySet<Listener>;
  onFailure: (error: unknown, during: string) => void;
}

/**
 * Sends `session_summary` to the connections of a session's callers when the session changes.
 *
 * Changes of one turn of the event loop are sent once, after that turn, so that they do not delay
 * the first words of an answer. The summaries of one session are sent in order, even if `authorize`
 * is slow.
 */
export class SessionNotifier {
  readonly #deps: NotifierDeps;
  readonly #changed = new Set<string>();
  readonly #sending: SerialQueue;

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
    this.#sending = new SerialQueue((error, sessionId) => this.#fail(error, sessionId));
  }

  /** Notifies the callers of a session that it has changed. */
  notify(sessionId: string): void {
    if (this.#changed.has(sessionId)) return;
    this.#changed.add(sessionId);
    setImmediate(() => this.#sending.run(sessionId, () => this.#sendSummary(sessionId)));
  }

  /**
   * Notifies the callers and watchers of a session that it was deleted. The connection that deleted
   * it has its answer.
   */
  notifyDeleted(session: SessionMeta, answered: object): void {
    const { sessionId } = session;
    const event = { type: "session_deleted", sessionId } as const;
    const watching = [...this.#deps.connections].filter(
      (one) => one !== answered && one.isWatching(sessionId),
    );
    for (const connection of watching) connection.notify(sessionId, event);
    const except = new Set<object>([answered, ...watching]);
    this.#sending.run(sessionId, () => this.#send(session, event, except));
  }

  async #sendSummary(sessionId: string): Promise<void> {
    const { store, isRunning, awaitsApproval, connections } = this.#deps;
    this.#changed.delete(sessionId);
    // Once the gateway is closed, the store may be closed too.
    if (connections.size === 0) return;
    const session = await store.getSession(sessionId);
    if (!session) return;
    const { todo: _, ...summary } = session;
    await this.#send(session, {
      type: "session_summary",
      ...summary,
      running: isRunning(sessionId),
      ...(awaitsApproval(sessionId) && { awaitsApproval: true }),
    });
  }

  async #send(session: SessionMeta, event: ServerEvent, except?: ReadonlySet<object>): Promise<void> {
    const { connections, permissions } = this.#deps;
    // Most connections have another key. To ask `authorize` for each would be slow with many
    // callers.
    const concerned = [...connections].filter((one) => !except?.has(one) && hasKey(one.caller, session.key));
    await Promise.all(
      concerned.map(async (connection) => {
        try {
          if (await permissions.mayList(connection.caller, session))
            connection.notify(session.sessionId, event);
        } catch (error) {
          this.#fail(error, session.sessionId);
        }
      }),
    );
  }

  #fail(error: unknown, sessionId: string): void {
    this.#deps.onFailure(error, `sending a summary of session ${sessionId}`);
  }
}
