import type { Cluster, RecordedEvent, SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import type { WaitingApprovals } from "../run/waiting-approvals.ts";
import type { SessionQueues } from "../sessions/session-queues.ts";
import type { Watchers } from "../watch/watchers.ts";
import { answerRequest } from "./answer-request.ts";
import { callCluster } from "./call-cluster.ts";
import { OtherNodes } from "./other-nodes.ts";
import { OwnedSessions } from "./owned-sessions.ts";
import type { ClusterNotice, SessionState } from "./requests.ts";
import { RoutedRuns } from "./routed-runs.ts";
import { routeStore } from "./routed-store.ts";
import { SessionFollower } from "./session-follower.ts";

interface NodeDeps {
  /** A plain object of functions, as `checkStore` returns it. */
  store: SessionStore;
  queues: () => SessionQueues;
  watchers: Watchers;
  approvals: WaitingApprovals;
  /** Notifies this node's connections that a session has changed. */
  notify: (sessionId: string) => void;
  /** Notifies this node's connections that a session was deleted. */
  notifyDeleted: (session: SessionMeta) => void;
  /** Closes the connections of this node, so that its clients go to others. */
  closeConnections: () => void;
  onFailure: (error: unknown, during: string) => void;
}

// A database that restarts is back within about this time.
const RETRY_MS = 1_000;

/** A gateway as one node of a cluster. */
export class ClusterNode {
  /** The runs of all sessions, on whichever node they are. */
  readonly runs: RoutedRuns;
  /** The store for commands. */
  readonly store: SessionStore;
  readonly owned: OwnedSessions;
  readonly #cluster: Cluster;
  readonly #deps: NodeDeps;
  readonly #others = new OtherNodes();
  readonly #follower: SessionFollower;
  /** Sessions whose state is sent to the other nodes after this turn of the event loop. */
  readonly #changed = new Set<string>();
  readonly #leave: () => void;
  #hasLeft = false;

  constructor(cluster: Cluster, deps: NodeDeps) {
    const { store, queues, watchers, onFailure } = deps;
    this.#cluster = cluster;
    this.#deps = deps;
    this.owned = new OwnedSessions({
      store,
      onOwned: (sessionId, lastSeq) => {
        this.#follower.update(sessionId);
        watchers.catchUp(sessionId, lastSeq);
      },
      onReleased: (sessionId) => this.#follower.update(sessionId),
    });
    const isOwned = (sessionId: string) => this.owned.has(sessionId);
    this.#follower = new SessionFollower({ cluster, watchers, isOwned, onFailure });
    this.runs = new RoutedRuns({
      queues,
      cluster,
      isOwned,
      isRunningElsewhere: (sessionId) => this.#others.isRunning(sessionId),
      followed: (sessionId) => this.#follower.ready(sessionId),
    });
    this.store = routeStore(store, this.runs);
    this.#leave = cluster.join({
      onRequest: (body) =>
        answerRequest({ cluster, queues: queues(), store, watchers, isOwned, onFailure }, body),
      onNotice: (node, body) => this.#guard(() => this.#onNotice(node, JSON.parse(body))),
      onNoticesLost: () => this.#send({ type: "hello" }),
      onEvents: (recorded) => this.#guard(() => this.#follower.publish(recorded)),
      onNodeGone: (node) => void this.#recover(node),
      onOwnershipLost: () => this.#guard(() => this.#stopRuns()),
    });
    this.#send({ type: "hello" });
  }

  /** The tool calls of all nodes that wait for a decision. */
  readonly approvals: Pick<WaitingApprovals, "has" | "list"> = {
    has: (sessionId) => this.#deps.approvals.has(sessionId) || this.#others.awaitsApproval(sessionId),
    list: () => [...this.#deps.approvals.list(), ...this.#others.approvals()],
  };

  /** Follows or unfollows a session whose watchers have changed. */
  onWatched(sessionId: string): void {
    this.#follower.update(sessionId);
  }

  /** Reads the events of a session that another node may have. */
  read(
    sessionId: string,
    range: { after: number; signal: AbortSignal },
  ): AsyncIterable<RecordedEvent> | undefined {
    return this.owned.has(sessionId) ? undefined : this.#cluster.read(sessionId, range);
  }

  /** Notifies the other nodes that a session has changed. */
  announce(sessionId: string): void {
    if (this.#changed.size === 0) setImmediate(() => this.#announceChanged());
    this.#changed.add(sessionId);
  }

  announceDeleted(session: SessionMeta): void {
    this.#send({ type: "deleted", session });
  }

  leave(): void {
    this.#hasLeft = true;
    callCluster(this.#leave, "leaving the cluster", this.#deps.onFailure);
  }

  #announceChanged(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const sessionId of changed) this.#send({ type: "changed", ...this.#stateOf(sessionId) });
  }

  #stateOf(sessionId: string): SessionState {
    const { queues, approvals } = this.#deps;
    return { sessionId, running: queues().has(sessionId), waiting: approvals.of(sessionId) };
  }

  #onNotice(node: string, notice: ClusterNotice): void {
    const { queues, notify, notifyDeleted } = this.#deps;
    switch (notice.type) {
      case "hello": {
        const sessions = [...queues().sessionIds()].map((sessionId) => this.#stateOf(sessionId));
        return this.#send({ type: "all", sessions });
      }
      case "all":
        for (const sessionId of this.#others.replace(node, notice.sessions)) notify(sessionId);
        return;
      case "changed":
        this.#others.set(node, notice);
        return notify(notice.sessionId);
      case "deleted":
        return notifyDeleted(notice.session);
    }
  }

  /** Ends the runs that a dead node left open. Tries again until it can. Never rejects. */
  async #recover(node: string): Promise<void> {
    const { store, notify, onFailure } = this.#deps;
    const left = this.#others.remove(node);
    try {
      const recovered = await store.recover();
      for (const sessionId of recovered) this.announce(sessionId);
      for (const sessionId of new Set([...left, ...recovered])) notify(sessionId);
    } catch (error) {
      onFailure(error, `recovering the sessions of node ${node}`);
      if (!this.#hasLeft) setTimeout(() => void this.#recover(node), RETRY_MS).unref();
    }
  }

  /** Stops all runs, because another node may have taken their sessions. */
  #stopRuns(): void {
    this.owned.loseAll();
    this.#deps.queues().interrupt();
    this.#deps.closeConnections();
  }

  #send(notice: ClusterNotice): void {
    const { onFailure } = this.#deps;
    callCluster(() => this.#cluster.broadcast(JSON.stringify(notice)), "a notice to other nodes", onFailure);
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#deps.onFailure(error, "a notice of another node");
    }
  }
}
