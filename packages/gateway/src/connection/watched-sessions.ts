import type { Watches } from "../commands/command-context.ts";
import { GatewayError } from "../shared/errors.ts";
import { SessionWatch, type Viewer } from "../watch/session-watch.ts";

// More than a person has in view. Each watch of a slow client may read a log.
const MAX_WATCHES = 100;

/** The connection that watches. */
interface Owner extends Viewer {
  readonly isClosed: boolean;
}

/** The sessions that one connection watches. Most connections watch one. */
export class WatchedSessions implements Watches {
  readonly #viewer: Owner;
  #sessionId = "";
  #watch: SessionWatch | undefined;
  /** Watches beside that one. */
  #others: Map<string, SessionWatch> | undefined;

  constructor(viewer: Owner) {
    this.#viewer = viewer;
  }

  get sessionId(): string {
    return this.#sessionId;
  }

  watch(sessionId: string, after?: number): void {
    if (this.#viewer.isClosed) return;
    const before = this.#watch;
    this.#endOther(sessionId);
    this.#sessionId = sessionId;
    this.#watch = this.#begin(sessionId, after);
    // A session that is watched again keeps a watcher meanwhile, so that it is not followed anew.
    before?.close();
  }

  add(sessionId: string, after: number): void {
    if (this.#viewer.isClosed) return;
    if (sessionId === this.#sessionId && this.#watch) return this.watch(sessionId, after);
    this.#endOther(sessionId);
    this.#others ??= new Map();
    if (this.#others.size >= MAX_WATCHES) throw tooManyWatches(MAX_WATCHES);
    this.#others.set(sessionId, this.#begin(sessionId, after));
  }

  ensure(sessionId: string, _runId?: string, after?: number): void {
    if (!this.has(sessionId)) this.watch(sessionId, after);
  }

  has(sessionId: string): boolean {
    return (
      this.#others?.has(sessionId) === true || (this.#watch !== undefined && sessionId === this.#sessionId)
    );
  }

  end(sessionId?: string): void {
    if (sessionId !== undefined) {
      this.#endOther(sessionId);
      if (sessionId !== this.#sessionId) return;
    } else {
      for (const watch of this.#others?.values() ?? []) watch.close();
      this.#others = undefined;
    }
    this.#watch?.close();
    this.#watch = undefined;
  }

  #begin(sessionId: string, after: number | undefined): SessionWatch {
    return new SessionWatch(sessionId, this.#viewer, after);
  }

  #endOther(sessionId: string): void {
    this.#others?.get(sessionId)?.close();
    this.#others?.delete(sessionId);
  }
}

/** Returns the error of a connection that watches too much. */
export function tooManyWatches(most: number): GatewayError {
  return new GatewayError(
    "TOO_MANY_WATCHES",
    `A connection watches at most ${most} sessions beside its own. End one with \`unwatch\`.`,
  );
}
