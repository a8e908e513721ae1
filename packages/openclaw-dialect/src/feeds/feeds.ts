import type { NumberedEvent } from "@mini-openclaw/protocol";
import { type Performer, perform } from "./perform.ts";
import type { RunFeedDeps } from "./run-feed.ts";
import { SessionFeed } from "./session-feed.ts";

// Half of the streams that a gateway allows a connection. A terminal follows one or two sessions.
const MAX_FEEDS = 50;

/** A session that a connection follows. */
interface OpenFeed {
  readonly abort: AbortController;
  readonly feed: Promise<SessionFeed>;
}

/** The sessions that a connection follows, by their keys, the least recently used first. */
export class Feeds {
  readonly #connection: Performer;
  readonly #deps: Omit<RunFeedDeps, "sessionKey">;
  readonly #open = new Map<string, OpenFeed>();

  constructor(connection: Performer, deps: Omit<RunFeedDeps, "sessionKey">) {
    this.#connection = connection;
    this.#deps = deps;
  }

  /** Returns the feed of a session, if the connection follows it. */
  find(sessionKey: string): Promise<SessionFeed> | undefined {
    return this.#open.get(sessionKey)?.feed;
  }

  /** Returns the key of the session with a run, if the connection follows it. */
  async keyOfRun(runId: string): Promise<string | undefined> {
    for (const [sessionKey, { feed }] of this.#open) {
      const runs = await feed.then((one) => one.findRuns(runId)).catch(() => []);
      if (runs.length > 0) return sessionKey;
    }
    return undefined;
  }

  /** Returns the key of a session that the connection follows. */
  async keyOf(sessionId: string): Promise<string | undefined> {
    for (const [sessionKey, { feed }] of this.#open)
      if ((await feed.catch(() => undefined))?.sessionId === sessionId) return sessionKey;
    return undefined;
  }

  /**
   * Follows the session of a key. Resolves when the client has the events of its active run.
   *
   * @throws RequestError
   */
  async follow(sessionKey: string): Promise<SessionFeed> {
    const known = this.#open.get(sessionKey);
    if (known) {
      this.#open.delete(sessionKey);
      this.#open.set(sessionKey, known);
      return known.feed;
    }
    const abort = new AbortController();
    const feed = this.#begin(sessionKey, abort.signal);
    const open = { abort, feed };
    this.#open.set(sessionKey, open);
    feed.catch(() => {
      if (this.#open.get(sessionKey) === open) this.#open.delete(sessionKey);
    });
    await this.#limit(sessionKey);
    return feed;
  }

  /** Follows a session in place of the one that its key named before. */
  async followNew(sessionKey: string, sessionId: string): Promise<SessionFeed> {
    const feed = await this.follow(sessionKey);
    if (feed.sessionId === sessionId) return feed;
    this.end(sessionKey);
    this.#deps.emit("sessions.changed", { sessionKey, sessionId, reason: "reset", ts: Date.now() });
    return this.follow(sessionKey);
  }

  /** Ends the feed of a session. */
  end(sessionKey: string): void {
    const open = this.#open.get(sessionKey);
    if (!open) return;
    this.#open.delete(sessionKey);
    open.abort.abort();
    this.#deps.runEnds.leave(sessionKey);
    open.feed.then((feed) => feed.close()).catch(() => undefined);
  }

  endAll(): void {
    for (const sessionKey of [...this.#open.keys()]) this.end(sessionKey);
  }

  async #begin(sessionKey: string, signal: AbortSignal): Promise<SessionFeed> {
    const start = await perform(this.#connection, { type: "resume", key: sessionKey }, "resync");
    const { sessionId, epoch, upTo: after } = start;
    const feed = new SessionFeed(start, { ...this.#deps, sessionKey });
    const replay = new Replay(signal);
    const onEvent = (event: NumberedEvent) => {
      feed.onEvent(event);
      replay.onEvent(event);
    };
    const resume = { type: "resume", sessionId, epoch, after } as const;
    const { from, upTo } = await perform(this.#connection, resume, "resumed", { onEvent, signal });
    // Without live events, the newest number may belong to none of the events that follow.
    if (from === "events" && upTo > after) await replay.until(upTo);
    return feed;
  }

  /**
   * Ends the feed used longest ago if there are too many. Busy ones are the last to end, and so is
   * the newest one.
   */
  async #limit(newest: string): Promise<void> {
    if (this.#open.size <= MAX_FEEDS) return;
    for (const [sessionKey, { feed }] of this.#open) {
      const isBusy = await feed.then((one) => one.isBusy).catch(() => false);
      if (!isBusy && sessionKey !== newest) return this.end(sessionKey);
    }
    const [oldest] = this.#open.keys();
    if (oldest !== undefined) this.end(oldest);
  }
}

/** The events that were there when a feed began. */
class Replay {
  readonly #signal: AbortSignal;
  #seq = 0;
  #resolve: (() => void) | undefined;
  #upTo = Number.POSITIVE_INFINITY;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  onEvent({ seq }: NumberedEvent): void {
    this.#seq = seq;
    if (seq >= this.#upTo) this.#resolve?.();
  }

  /** Resolves when the event of a number came, or when the signal aborts. */
  until(upTo: number): Promise<void> {
    return new Promise((resolve) => {
      this.#upTo = upTo;
      this.#resolve = resolve;
      this.#signal.addEventListener("abort", () => resolve(), { once: true });
      if (this.#seq >= upTo || this.#signal.aborted) resolve();
    });
  }
}
