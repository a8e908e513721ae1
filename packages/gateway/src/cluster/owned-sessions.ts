import type { SessionEvent, SessionLog, SessionStore } from "@mini-openclaw/protocol";
import { isThenable } from "../shared/callbacks.ts";
import { codeOf } from "../shared/errors.ts";

interface OwnedDeps {
  store: Pick<SessionStore, "openLog">;
  /** Called when this node has the log of a session, and events up to `lastSeq`. */
  onOwned: (sessionId: string, lastSeq: number) => void;
  /** Called when this node does not have the log any longer. */
  onReleased: (sessionId: string) => void;
}

/** The sessions whose logs this node has open. */
export class OwnedSessions {
  readonly #deps: OwnedDeps;
  readonly #logs = new Map<string, SessionLog>();

  constructor(deps: OwnedDeps) {
    this.#deps = deps;
  }

  has(sessionId: string): boolean {
    return this.#logs.has(sessionId);
  }

  /** Returns the log of a session. No other node records the session while this node has it. */
  logOf(sessionId: string): SessionLog | undefined {
    return this.#logs.get(sessionId);
  }

  /** Opens a log and follows what becomes of it. */
  async openLog(sessionId: string): Promise<SessionLog> {
    const log = await this.#deps.store.openLog(sessionId);
    this.#logs.set(sessionId, log);
    this.#deps.onOwned(sessionId, log.lastSeq);
    return this.#follow(log);
  }

  /** Marks all sessions as lost. */
  loseAll(): void {
    for (const log of [...this.#logs.values()]) this.#release(log);
  }

  /** Ends the ownership that began with a log. */
  #release(log: SessionLog): void {
    const { sessionId } = log;
    if (this.#logs.get(sessionId) !== log) return;
    this.#logs.delete(sessionId);
    this.#deps.onReleased(sessionId);
  }

  /** Returns the log with `record` and `close` watched. */
  #follow(log: SessionLog): SessionLog {
    const { sessionId } = log;
    const saveBlob = log.saveBlob?.bind(log);
    const check = (error: unknown) => {
      if (codeOf(error) === "SESSION_STOLEN") this.#release(log);
      throw error;
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
      close: () => log.close().finally(() => this.#release(log)),
    };
  }
}
