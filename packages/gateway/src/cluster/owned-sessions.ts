import type { SessionEvent, SessionLog, SessionStore } from "@mini-openclaw/protocol";
import { isThenable } from "../shared/callbacks.ts";
import { GatewayError } from "../shared/errors.ts";

interface OwnedDeps {
  store: Pick<SessionStore, "openLog">;
  /** Returns true if runs wait for the log of the session. */
  isAwaited: (sessionId: string) => boolean;
  /** Called when this node has the log of a session, and events up to `lastSeq`. */
  onOwned: (sessionId: string, lastSeq: number) => void;
  /** Called when this node does not have the log any longer. */
  onReleased: (sessionId: string) => void;
}

/** The sessions whose logs this node has open. */
export class OwnedSessions {
  readonly #deps: OwnedDeps;
  readonly #owned = new Set<string>();
  /** Sessions that another node took while this one had their logs. */
  readonly #lost = new Set<string>();

  constructor(deps: OwnedDeps) {
    this.#deps = deps;
  }

  has(sessionId: string): boolean {
    return this.#owned.has(sessionId);
  }

  /**
   * Opens a log and follows what becomes of it.
   *
   * @throws GatewayError `SESSION_LOCKED` if runs wait for the log of a session that was lost. The
   * other node may have recorded their requests, so they must be compared first.
   */
  async openLog(sessionId: string): Promise<SessionLog> {
    if (this.#lost.delete(sessionId) && this.#deps.isAwaited(sessionId)) {
      throw new GatewayError("SESSION_LOCKED", "Another node took the session. Send the command again.");
    }
    const log = await this.#deps.store.openLog(sessionId);
    this.#owned.add(sessionId);
    this.#deps.onOwned(sessionId, log.lastSeq);
    return this.#follow(log);
  }

  /** Marks all sessions as lost. */
  loseAll(): void {
    for (const sessionId of [...this.#owned]) this.#lose(sessionId);
  }

  #lose(sessionId: string): void {
    if (!this.#owned.delete(sessionId)) return;
    this.#lost.add(sessionId);
    this.#deps.onReleased(sessionId);
  }

  /** Returns the log with `record` and `close` watched. */
  #follow(log: SessionLog): SessionLog {
    const { sessionId } = log;
    const saveBlob = log.saveBlob?.bind(log);
    const check = (error: unknown) => {
      if ((error as { code?: unknown } | null)?.code === "SESSION_STOLEN") this.#lose(sessionId);
      throw error;
    };
    const release = () => {
      if (this.#owned.delete(sessionId)) this.#deps.onReleased(sessionId);
    };
    return {
      sessionId,
      get epoch() {
        return log.epoch;
      },
      get lastSeq() {
        return log.lastSeq;
      },
      record: (events: readonly SessionEvent[]) => {
        try {
          const recorded = log.record(events);
          return isThenable(recorded) ? Promise.resolve(recorded).catch(check) : recorded;
        } catch (error) {
          return check(error);
        }
      },
      ...(saveBlob && { saveBlob }),
      read: (options) => log.read(options),
      settle: () => log.settle(),
      close: () => log.close().finally(release),
    };
  }
}
