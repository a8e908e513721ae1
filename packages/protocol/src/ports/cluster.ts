import type { RecordedEvent } from "./session-store.ts";

/**
 * Connects the nodes that share one store: the gateways of several processes or machines.
 *
 * Each session has at most one owner, the node that has its log open. The store keeps it: `openLog`
 * rejects with `SESSION_LOCKED` while another living node has the log. A cluster finds that owner,
 * and carries requests, notices and events between the nodes. Texts are opaque to it.
 */
export interface Cluster {
  /**
   * False while this node may not own sessions, because it was cut off from the others. Checks no
   * connection, so that the answer is immediate under any load.
   */
  readonly isAlive: boolean;
  /** Connects a gateway. Returns a function that disconnects it. A cluster has one member. */
  join(member: ClusterMember): () => void;
  /**
   * Returns the living node that owns the session. Returns `undefined` if no other node does: the
   * session is free, this node has it, or its owner died.
   */
  ownerOf(sessionId: string): Promise<string | undefined>;
  /**
   * Passes a request to a node once, and resolves with its answer. Waits as long as the node lives.
   * Rejects with the code `NODE_GONE` when the node died. The request may have been done then.
   */
  request(node: string, body: string): Promise<string>;
  /**
   * Passes a notice to every other node. Notices of one node arrive in order. They may be lost,
   * then the other node's member gets `onNoticesLost`.
   */
  broadcast(body: string): void;
  /**
   * Emits the events of a session that other nodes record. Resolves with the newest number of the
   * session: events after it reach `onEvents`. Tries again by itself while the network is down.
   */
  follow(sessionId: string): Promise<number>;
  unfollow(sessionId: string): void;
  /**
   * Yields the events after `after` that every node can read, live ones too, and ends at the newest
   * one.
   */
  read(
    sessionId: string,
    range: { after: number; signal?: AbortSignal | undefined },
  ): AsyncIterable<RecordedEvent>;
}

/** The part of a gateway that a cluster calls. Nothing in it throws or rejects. */
export interface ClusterMember {
  /** Answers a request of another node. */
  onRequest(body: string): Promise<string>;
  onNotice(node: string, body: string): void;
  /** Called when notices of other nodes may have been lost. */
  onNoticesLost(): void;
  /** Emits events of a followed session: each once, in order. */
  onEvents(recorded: readonly RecordedEvent[]): void;
  /** Called when a node died or left. Its sessions are free. */
  onNodeGone(node: string): void;
  /**
   * Called when this node may no longer own its sessions. The member stops its runs, because tools
   * and model calls are beyond what the store can refuse.
   */
  onOwnershipLost(): void;
}
