import type { ClientConfig } from "pg";
import { type Connected, Connection, type Query } from "../connection/connection.ts";
import { ConnectionLost } from "../connection/pg-error.ts";
import { applicationName, type Names } from "../schema/names.ts";

export interface NodeOptions {
  /** The configuration of a connection that has a session of its own, if there is one. */
  readonly config: ClientConfig;
  readonly names: Names;
  /** The name of the node in the table of nodes, for people. */
  readonly name: string;
  /** The time without a sign of life after which others declare the node dead. */
  readonly leaseMs: number;
  readonly onNotification: (payload: string) => void;
  readonly onFailure: (error: unknown, during: string) => void;
}

/** The listeners of a node. */
export interface NodeListener {
  /** The node lost everything that it owned under this id. */
  onFenced?(id: number): void;
  /** The node was not able to reach the database for two thirds of its lease, or is again. */
  onStale?(isStale: boolean): void;
  /** The node is connected and gets notifications from here on. */
  onConnected?(): void;
}

const BEAT_MS = 500;
const READY_MS = 5_000;
const LOCK_TRIES = 20;
const LOCK_RETRY_MS = 50;

/**
 * This process in the table of nodes.
 *
 * The database creates the id, and never again. Every write locks the node's row. A node that finds
 * its row deleted forgets all that it owned, and registers again under a new id.
 */
export class Node {
  readonly #options: NodeOptions;
  readonly #control: Connection;
  readonly #listeners = new Set<NodeListener>();
  #id: number | undefined;
  /** The time at which the last answered beat was sent, by the monotonic clock. */
  #aliveAt = 0;
  #beat: NodeJS.Timeout | undefined;
  #staleTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#control = new Connection({
      config: options.config,
      staysOpen: true,
      applicationName: () => this.applicationName,
      onNotification: options.onNotification,
      onRefused: (error) => options.onFailure(error, "connect the node again"),
      onConnect: (query, connected) => this.#register(query, connected),
    });
  }

  /** The id, or `undefined` before the node is registered and after it was fenced. */
  get id(): number | undefined {
    return this.#id;
  }

  /** The name of the node's connections, by which others find and end them. */
  get applicationName(): string | undefined {
    return this.#id === undefined ? undefined : applicationName(this.#options.names, this.#id);
  }

  /**
   * Returns false if the others may have declared this node dead. A node starts no tool and no
   * model call then, because a fence stops only writes to the database.
   */
  get isAlive(): boolean {
    return this.#id !== undefined && performance.now() - this.#aliveAt < this.#staleMs;
  }

  /** Returns the id. Waits until the node is registered, up to a deadline. */
  async ready(): Promise<number> {
    const end = performance.now() + READY_MS;
    while (this.#id === undefined) {
      if (this.#isClosed) throw new ConnectionLost("The node is closed.");
      await this.#control.connect(end - performance.now());
      // The connection of a fenced node is ending.
      await new Promise(setImmediate);
    }
    return this.#id;
  }

  /** Adds a listener. Returns a function that removes it. */
  listen(listener: NodeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs a statement on the connection that holds the node's lock. */
  get query(): Query {
    return this.#control.query;
  }

  /** Reports that the row of an id is gone. Does nothing for an earlier id. */
  fenced(id: number): void {
    if (this.#id !== id) return;
    this.#id = undefined;
    this.#emit((listener) => listener.onFenced?.(id));
    // A new connection registers the node again.
    this.#control.reset();
  }

  /** Removes the node's row, so that nobody waits for it. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#beat);
    clearTimeout(this.#staleTimer);
    const id = this.#id;
    this.#id = undefined;
    if (id !== undefined) {
      const text = `delete from ${this.#options.names.schema}.nodes where id = $1`;
      await this.#control.query({ text, values: [id] }).catch(() => {});
    }
    await this.#control.close();
  }

  get #staleMs(): number {
    return (this.#options.leaseMs * 2) / 3;
  }

  async #register(query: Query, { isPooled }: Connected): Promise<void> {
    if (this.#isClosed) return;
    const { names, name } = this.#options;
    const sentAt = performance.now();
    const before = this.#id;
    // A write may find the row gone meanwhile, and has reported it then.
    if (before !== undefined && !(await this.#exists(query, before)) && this.#id === before) {
      this.#id = undefined;
      this.#emit((listener) => listener.onFenced?.(before));
    }
    let id = this.#id;
    if (id === undefined) {
      const text = `insert into ${names.schema}.nodes (name) values ($1) returning id`;
      const [row] = await query({ text, values: [name] });
      id = Number(row?.["id"]);
      if (!isPooled) await query({ text: `set application_name = '${applicationName(names, id)}'` });
    }
    if (!isPooled) {
      await this.#lock(query, id);
      await query({ text: `listen ${names.channel}` });
    }
    this.#id = id;
    this.#lives(sentAt);
    this.#scheduleBeat();
    this.#emit((listener) => listener.onConnected?.());
  }

  async #exists(query: Query, id: number): Promise<boolean> {
    const text = `select 1 from ${this.#options.names.schema}.nodes where id = $1`;
    return (await query({ text, values: [id] })).length > 0;
  }

  /** Acquires the lock, which the backend of an ended connection may still hold. */
  async #lock(query: Query, id: number): Promise<void> {
    const { names } = this.#options;
    for (let tries = 0; tries < LOCK_TRIES; tries += 1) {
      const text = "select pg_try_advisory_lock($1, $2) as locked";
      const [row] = await query({ text, values: [names.lockClass, id % 2 ** 31] });
      if (row?.["locked"] === true) {
        await query({ text: `update ${names.schema}.nodes set has_lock = true where id = $1`, values: [id] });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
    }
    // The lock is only a hint. Without it, the lease decides.
    await query({ text: `update ${names.schema}.nodes set has_lock = false where id = $1`, values: [id] });
  }

  #scheduleBeat(): void {
    clearTimeout(this.#beat);
    if (!this.#isClosed) this.#beat = setTimeout(() => void this.#sendBeat(), BEAT_MS);
  }

  async #sendBeat(): Promise<void> {
    const id = this.#id;
    if (id === undefined) return;
    const sentAt = performance.now();
    try {
      const text = `update ${this.#options.names.schema}.nodes set beat = beat + 1 where id = $1 returning 1`;
      const rows = await this.#control.query({ text, values: [id], name: "beat" });
      if (rows.length === 0) return this.fenced(id);
      this.#lives(sentAt);
    } catch (error) {
      // The connection is on its way to be open again.
      if (!(error instanceof ConnectionLost)) this.#options.onFailure(error, "renew the lease");
    }
    this.#scheduleBeat();
  }

  #lives(sentAt: number): void {
    const wasAlive = this.isAlive;
    this.#aliveAt = sentAt;
    clearTimeout(this.#staleTimer);
    const left = Math.max(0, sentAt + this.#staleMs - performance.now());
    this.#staleTimer = setTimeout(() => this.#emit((listener) => listener.onStale?.(true)), left);
    if (!wasAlive) this.#emit((listener) => listener.onStale?.(false));
  }

  #emit(notify: (listener: NodeListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        notify(listener);
      } catch (error) {
        this.#options.onFailure(error, "notify a listener of the node");
      }
    }
  }
}
