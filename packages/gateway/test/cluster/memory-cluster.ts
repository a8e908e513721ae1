import { setImmediate as turn } from "node:timers/promises";
import type {
  Cluster,
  ClusterMember,
  RecordedEvent,
  SessionEvent,
  SessionLog,
  SessionStore,
} from "@mini-openclaw/protocol";
import { toEvent } from "@mini-openclaw/protocol";

interface OpenLog {
  readonly node: MemoryNode;
  readonly log: SessionLog;
}

interface Coded {
  code: string;
}

function coded(code: string, message: string): Error & Coded {
  return Object.assign(new Error(message), { code });
}

/**
 * Several nodes over one store in one process. Enforces the rules of a cluster over a network: one
 * owner for each session, and every answer, notice and event arrives later than it was sent.
 */
export class MemoryCluster {
  readonly store: SessionStore;
  readonly nodes = new Map<string, MemoryNode>();
  readonly logs = new Map<string, OpenLog>();
  #count = 0;

  constructor(store: SessionStore) {
    this.store = store;
  }

  addNode(): MemoryNode {
    this.#count += 1;
    const node = new MemoryNode(this, `node-${this.#count}`);
    this.nodes.set(node.name, node);
    return node;
  }

  /** Declares a node dead. It continues, and each of its writes is refused. */
  async kill(node: MemoryNode): Promise<void> {
    this.nodes.delete(node.name);
    for (const [sessionId, open] of this.logs) {
      if (open.node !== node) continue;
      this.logs.delete(sessionId);
      await open.log.close();
    }
    for (const other of this.nodes.values()) other.member?.onNodeGone(node.name);
  }

  publish(from: MemoryNode | undefined, recorded: readonly RecordedEvent[]): void {
    for (const node of this.nodes.values()) if (node !== from) node.receive(recorded);
  }
}

/** One node: its view of the store, and its cluster port. */
export class MemoryNode implements Cluster {
  readonly name: string;
  readonly store: SessionStore;
  member: ClusterMember | undefined;
  /** Requests that came to this node, oldest first. */
  readonly requests: string[] = [];
  /** Called before a request is answered. A test may hold it up, or kill the node. */
  beforeAnswer: (name: string) => Promise<void> = async () => undefined;
  readonly #all: MemoryCluster;
  readonly #followed = new Set<string>();

  constructor(all: MemoryCluster, name: string) {
    this.#all = all;
    this.name = name;
    const { store } = all;
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(store)) as (keyof SessionStore)[];
    const bound = Object.fromEntries(
      methods.map((method) => [method, (store[method] as () => unknown).bind(store)]),
    ) as unknown as SessionStore;
    const unlessElsewhere =
      <Args extends [string, ...never[]], Result>(call: (...args: Args) => Promise<Result>) =>
      async (...args: Args): Promise<Result> => {
        const open = all.logs.get(args[0]);
        if (open && open.node !== this) throw coded("SESSION_LOCKED", "Another node has the log.");
        return call(...args);
      };
    this.store = {
      ...bound,
      renameSession: unlessElsewhere((...args: Parameters<SessionStore["renameSession"]>) =>
        store.renameSession(...args),
      ),
      archiveSession: unlessElsewhere((...args: Parameters<SessionStore["archiveSession"]>) =>
        store.archiveSession(...args),
      ),
      unarchiveSession: unlessElsewhere((...args: Parameters<SessionStore["unarchiveSession"]>) =>
        store.unarchiveSession(...args),
      ),
      deleteSession: unlessElsewhere((...args: Parameters<SessionStore["deleteSession"]>) =>
        store.deleteSession(...args),
      ),
      openLog: (sessionId) => this.#openLog(sessionId),
      recover: () => this.#recover(),
    };
  }

  get isAlive(): boolean {
    return this.#all.nodes.get(this.name) === this;
  }

  join(member: ClusterMember): () => void {
    this.member = member;
    return () => {
      this.member = undefined;
      this.#all.nodes.delete(this.name);
      for (const other of this.#all.nodes.values()) other.member?.onNodeGone(this.name);
    };
  }

  async ownerOf(sessionId: string): Promise<string | undefined> {
    await turn();
    const open = this.#all.logs.get(sessionId);
    return open && open.node !== this ? open.node.name : undefined;
  }

  async request(name: string, body: string): Promise<string> {
    await turn();
    const node = this.#all.nodes.get(name);
    if (!node?.member) throw coded("NODE_GONE", `Node ${name} is gone.`);
    node.requests.push((JSON.parse(body) as { name: string }).name);
    const answer = await node.member.onRequest(body);
    await node.beforeAnswer((JSON.parse(body) as { name: string }).name);
    if (!node.isAlive) throw coded("NODE_GONE", `Node ${name} is gone.`);
    await turn();
    return answer;
  }

  broadcast(body: string): void {
    if (!this.isAlive) return;
    for (const node of this.#all.nodes.values())
      if (node !== this) setImmediate(() => node.member?.onNotice(this.name, body));
  }

  async follow(sessionId: string): Promise<number> {
    await turn();
    this.#followed.add(sessionId);
    const log = this.#all.logs.get(sessionId)?.log;
    return log?.lastSeq ?? (await this.#all.store.getSession(sessionId))?.lastSeq ?? 0;
  }

  unfollow(sessionId: string): void {
    this.#followed.delete(sessionId);
  }

  async *read(
    sessionId: string,
    { after, signal }: { after: number; signal?: AbortSignal | undefined },
  ): AsyncIterable<RecordedEvent> {
    await turn();
    let last = after;
    const log = this.#all.logs.get(sessionId)?.log;
    if (log) {
      const upTo = log.lastSeq;
      if (after >= upTo) return;
      for await (const recorded of log.read({ after, ...(signal && { signal }) })) {
        yield recorded;
        last = recorded.event.seq;
        if (last >= upTo) return;
      }
    }
    for await (const entry of this.#all.store.entries(sessionId, { after: last })) {
      const event = toEvent(sessionId, entry);
      if (event) yield { event, json: JSON.stringify(event) };
    }
  }

  /** Passes events on to the gateway, later than they were recorded. */
  receive(recorded: readonly RecordedEvent[]): void {
    const wanted = recorded.filter(({ event }) => this.#followed.has(event.sessionId));
    if (wanted.length > 0) setImmediate(() => this.member?.onEvents(wanted));
  }

  /** Ends open runs, and passes the ends on to every node. */
  async #recover(): Promise<string[]> {
    const { store } = this.#all;
    const { sessions } = await store.listSessions();
    const recovered = await store.recover();
    for (const sessionId of recovered) {
      const after = sessions.find((session) => session.sessionId === sessionId)?.lastSeq ?? 0;
      for await (const entry of store.entries(sessionId, { after })) {
        const event = toEvent(sessionId, entry);
        if (event) this.#all.publish(undefined, [{ event, json: JSON.stringify(event) }]);
      }
    }
    return recovered;
  }

  async #openLog(sessionId: string): Promise<SessionLog> {
    if (!this.isAlive) throw coded("SESSION_LOCKED", "The node was declared dead.");
    const open = this.#all.logs.get(sessionId);
    if (open && open.node !== this) throw coded("SESSION_LOCKED", "Another node has the log.");
    const before = (await this.#all.store.getSession(sessionId))?.lastSeq ?? 0;
    const log = await this.#all.store.openLog(sessionId);
    const opened: OpenLog = { node: this, log };
    this.#all.logs.set(sessionId, opened);
    if (log.lastSeq > before)
      for await (const recorded of log.read({ after: before })) {
        this.#all.publish(this, [recorded]);
        if (recorded.event.seq >= log.lastSeq) break;
      }
    const isOwn = () => this.#all.logs.get(sessionId) === opened;
    return {
      sessionId,
      get epoch() {
        return log.epoch;
      },
      get lastSeq() {
        return log.lastSeq;
      },
      record: (events: readonly SessionEvent[]) => {
        if (!isOwn()) throw coded("SESSION_STOLEN", "Another node has the session.");
        const recorded = log.record(events) as RecordedEvent[];
        this.#all.publish(this, recorded);
        return recorded;
      },
      read: (options) => log.read(options),
      settle: () => {
        if (!isOwn()) throw coded("SESSION_STOLEN", "Another node has the session.");
        return log.settle();
      },
      close: async () => {
        if (isOwn()) this.#all.logs.delete(sessionId);
        await log.close();
      },
    };
  }
}
