import type { Cluster, RecordedEvent } from "@mini-openclaw/protocol";
import type { Watchers } from "../watch/watchers.ts";
import { callCluster } from "./call-cluster.ts";

interface FollowerDeps {
  cluster: Pick<Cluster, "follow" | "unfollow">;
  watchers: Pick<Watchers, "has" | "catchUp" | "publish">;
  /** Returns true if this node has the log of the session. */
  isOwned: (sessionId: string) => boolean;
  onFailure: (error: unknown, during: string) => void;
}

/**
 * Follows the sessions that are watched here and owned elsewhere, or by no node. Watchers get their
 * events as if the sessions ran here.
 */
export class SessionFollower {
  readonly #deps: FollowerDeps;
  /** Resolves when the session is followed. */
  readonly #followed = new Map<string, Promise<void>>();

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
  }

  /** Follows the session if it is watched and not owned. Stops following it otherwise. */
  update(sessionId: string): void {
    const { cluster, watchers, isOwned, onFailure } = this.#deps;
    const isWanted = watchers.has(sessionId) && !isOwned(sessionId);
    if (isWanted && !this.#followed.has(sessionId)) this.#followed.set(sessionId, this.#follow(sessionId));
    if (isWanted || !this.#followed.delete(sessionId)) return;
    callCluster(() => cluster.unfollow(sessionId), `unfollowing session ${sessionId}`, onFailure);
  }

  /** Resolves when every watcher of the session gets what is recorded from now on. */
  async ready(sessionId: string): Promise<void> {
    await this.#followed.get(sessionId);
  }

  publish(recorded: readonly RecordedEvent[]): void {
    const followed = recorded.filter(({ event }) => this.#followed.has(event.sessionId));
    this.#deps.watchers.publish(followed);
  }

  /** Never rejects. */
  async #follow(sessionId: string): Promise<void> {
    try {
      const newest = await this.#deps.cluster.follow(sessionId);
      if (this.#followed.has(sessionId)) this.#deps.watchers.catchUp(sessionId, newest);
    } catch (error) {
      this.#deps.onFailure(error, `following session ${sessionId}`);
    }
  }
}
