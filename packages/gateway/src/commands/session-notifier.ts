import type { ServerEvent, SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import type { Visitor } from "../shared/principal.ts";
import type { Permissions } from "./permissions.ts";

interface Listener {
  readonly visitor: Visitor;
  send(event: ServerEvent): void;
}

export interface ActivityParts {
  store: Pick<SessionStore, "getSession">;
  permissions: Permissions;
  isRunning: (sessionId: string) => boolean;
  /** Returns true if a tool call of the session waits for a decision. */
  awaitsApproval: (sessionId: string) => boolean;
  /** Who is connected now. */
  connections: ReadonlySet<Listener>;
  onFailure: (error: unknown, during: string) => void;
}

/**
 * Tells every connection of a session's visitor how the session is now: `session_summary`.
 *
 * What happens in one turn of the event loop is told once, after it: it must not delay the first words of an answer. What is
 * told of one session is told in order, however long an app takes to say who may hear it.
 */
export class Activity {
  readonly #parts: ActivityParts;
  readonly #touched = new Set<string>();
  /** The newest word on each session that is being told of. */
  readonly #telling = new Map<string, Promise<void>>();

  constructor(parts: ActivityParts) {
    this.#parts = parts;
  }

  /** Tells the visitor's connections that a session is gone, but for the one that was answered so. */
  deleted(session: SessionMeta, answered: object): void {
    const { sessionId } = session;
    this.#inOrder(sessionId, () => this.#send(session, { type: "session_deleted", sessionId }, answered));
  }

  touch(sessionId: string): void {
    if (this.#touched.has(sessionId)) return;
    this.#touched.add(sessionId);
    setImmediate(() => this.#inOrder(sessionId, () => this.#tell(sessionId)));
  }

  async #tell(sessionId: string): Promise<void> {
    const { store, isRunning, awaitsApproval, connections } = this.#parts;
    this.#touched.delete(sessionId);
    // Nobody to tell; once the gateway was closed, the store may be closed too.
    if (connections.size === 0) return;
    const session = await store.getSession(sessionId);
    if (!session) return;
    await this.#send(session, {
      type: "session_summary",
      ...session,
      running: isRunning(sessionId),
      ...(awaitsApproval(sessionId) && { awaitsApproval: true }),
    });
  }

  async #send(session: SessionMeta, event: ServerEvent, except?: object): Promise<void> {
    const { connections, permissions } = this.#parts;
    // Most have another key: to ask about each would cost a gateway of many visitors dearly.
    const concerned = [...connections].filter((one) => one !== except && one.visitor.key === session.key);
    await Promise.all(
      concerned.map(async (connection) => {
        try {
          if (await permissions.maySee(connection.visitor, session)) connection.send(event);
        } catch (error) {
          this.#fail(error, session.sessionId);
        }
      }),
    );
  }

  #inOrder(sessionId: string, tell: () => Promise<void>): void {
    const before = this.#telling.get(sessionId) ?? Promise.resolve();
    const told = before
      .then(tell)
      .catch((error: unknown) => this.#fail(error, sessionId))
      .finally(() => {
        if (this.#telling.get(sessionId) === told) this.#telling.delete(sessionId);
      });
    this.#telling.set(sessionId, told);
  }

  #fail(error: unknown, sessionId: string): void {
    this.#parts.onFailure(error, `telling of session ${sessionId}`);
  }
}
