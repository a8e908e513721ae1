import type { SessionEvent, SessionLog, SessionStore } from "@mini-openclaw/protocol";
import { type Publish, publishSince } from "../run/record.ts";

/** The log of a session that has live events. */
export interface LiveLog {
  readonly log: SessionLog;
  /** No live event after this number has been dropped. */
  readonly sinceSeq: number;
}

interface LogDeps {
  store: Pick<SessionStore, "getSession" | "openLog">;
  publish: Publish;
}

/**
 * The log of one session: opened, replaced after a failure, closed. Opening it ends the runs that
 * have no end.
 */
export class ReopeningLog {
  readonly #sessionId: string;
  readonly #deps: LogDeps;
  #opened: Promise<SessionLog>;
  #current: SessionLog | undefined;
  #live: LiveLog | undefined;
  /** Watchers have the events up to this number. Opening the log may add others. */
  #emittedSeq: number | undefined;

  /** `emittedSeq` is the newest number that watchers have. @default the session's newest number */
  constructor(sessionId: string, deps: LogDeps, emittedSeq?: number) {
    this.#sessionId = sessionId;
    this.#deps = deps;
    this.#emittedSeq = emittedSeq;
    this.#opened = this.#open();
  }

  /** The log for the next run, when it is open. Rejects as the store does. */
  get opened(): Promise<SessionLog> {
    return this.#opened;
  }

  get live(): LiveLog | undefined {
    return this.#live;
  }

  /** The newest number that watchers have, if opening the log failed. */
  get emittedSeq(): number | undefined {
    return this.#emittedSeq;
  }

  /** True if the log was ready once. */
  get wasReady(): boolean {
    return this.#current !== undefined;
  }

  /**
   * Waits until the log is open. Emits the events that opening it has added, and calls `follow` for
   * each.
   */
  async ready(follow: (event: SessionEvent) => void): Promise<void> {
    const log = await this.#opened;
    const publish: Publish = (recorded) => {
      this.#deps.publish(recorded);
      for (const { event } of recorded) follow(event);
    };
    await publishSince(publish, log, this.#emittedSeq ?? log.lastSeq);
    this.#current = log;
  }

  /**
   * Replaces a log that failed. Calls `onClosed` when that is closed, before another one is opened.
   */
  replace(onClosed: () => void): void {
    const failed = this.#current;
    this.#live = undefined;
    this.#emittedSeq = failed?.lastSeq;
    this.#opened = this.#reopen(failed, onClosed);
  }

  /** Marks the log as live. Returns it. */
  goLive(): SessionLog {
    const log = this.#current;
    if (!log) throw new TypeError("The log is not ready. This is a defect of the gateway.");
    this.#live ??= { log, sinceSeq: log.lastSeq };
    return log;
  }

  /** Lets the log drop its live events. */
  async settle(): Promise<void> {
    this.#live = undefined;
    await this.#current?.settle();
  }

  async close(): Promise<void> {
    this.#live = undefined;
    await this.#current?.close();
  }

  async #open(): Promise<SessionLog> {
    const { store } = this.#deps;
    this.#emittedSeq ??= (await store.getSession(this.#sessionId))?.lastSeq ?? 0;
    return store.openLog(this.#sessionId);
  }

  async #reopen(failed: SessionLog | undefined, onClosed: () => void): Promise<SessionLog> {
    await failed?.close();
    onClosed();
    return this.#open();
  }
}
