import type { ServerEvent, SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { maySee, type Visitor } from "./visitor.ts";

export interface ActivityParts {
  store: Pick<SessionStore, "getSession">;
  isRunning: (sessionId: string) => boolean;
  /** Who is connected now. */
  connections: Iterable<{ visitor: Visitor; send(event: ServerEvent): void }>;
  onFailure: (error: unknown, during: string) => void;
}

/**
 * Tells every connection of a session's visitor how the session is now: `session_updated`.
 *
 * What happens in one turn of the event loop is told once, after it: it must not delay the first words of an answer.
 */
export class Activity {
  readonly #parts: ActivityParts;
  readonly #touched = new Set<string>();

  constructor(parts: ActivityParts) {
    this.#parts = parts;
  }

  /** Tells the visitor's connections that a session is gone, but for the one that was answered so. */
  deleted(session: SessionMeta, answered: object): void {
    for (const connection of [...this.#parts.connections]) {
      if (connection === answered || !maySee(connection.visitor, session)) continue;
      connection.send({ type: "session_deleted", sessionId: session.sessionId });
    }
  }

  touch(sessionId: string): void {
    if (this.#touched.size === 0) setImmediate(() => this.#tellAll());
    this.#touched.add(sessionId);
  }

  #tellAll(): void {
    const sessionIds = [...this.#touched];
    this.#touched.clear();
    for (const sessionId of sessionIds) {
      this.#tell(sessionId).catch((error: unknown) => {
        this.#parts.onFailure(error, `telling of session ${sessionId}`);
      });
    }
  }

  async #tell(sessionId: string): Promise<void> {
    const { store, isRunning, connections } = this.#parts;
    const session = await store.getSession(sessionId);
    if (!session) return;
    const running = isRunning(sessionId);
    for (const connection of [...connections]) {
      if (maySee(connection.visitor, session)) {
        connection.send({ type: "session_updated", ...session, running });
      }
    }
  }
}
