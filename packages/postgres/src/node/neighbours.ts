import type { ClientConfig } from "pg";
import { Connection, type Query } from "../connection/connection.ts";
import { ConnectionLost } from "../connection/pg-error.ts";
import { applicationName, type Names } from "../schema/names.ts";
import type { Node } from "./node.ts";

export interface NeighboursOptions {
  readonly config: ClientConfig;
  readonly names: Names;
  readonly node: Node;
  readonly leaseMs: number;
  /** Called for each node that is no longer in the table, no matter which node removed it. */
  readonly onGone: (id: number) => void;
  readonly onFailure: (error: unknown, during: string) => void;
}

const LOOK_MS = 50;
// While this node is the only one.
const ALONE_MS = 250;
// While a node may be dead.
const NEXT_LOOK_MS = 15;
// After a longer pause nothing is known about the time in between.
const MAX_PAUSE_MS = 1_000;
// After a restart of the database all locks are gone for a moment.
const SETTLED_MS = 1_000;
// A node whose connections were ended has one again before. It needs about 10 ms, and round trips
// for TCP, TLS and the password.
const CONNECT_MS = 60;
const CONNECT_TRIPS = 10;
const DELETE_MS = 3_000;

/** The observations of one node. Times are of this process's monotonic clock. */
interface Observed {
  readonly beat: string;
  /** The first look that saw this beat. */
  readonly since: number;
  /** The first look in a row that saw neither the node's lock nor a connection of it. */
  readonly goneSince: number | undefined;
}

/**
 * Watches the other nodes, and declares them dead.
 *
 * A node is dead if it has no connection any longer, or if its counter has stood still for a lease.
 * Its advisory lock shows cheaply that it has one. No clock of another machine is compared.
 */
export class Neighbours {
  readonly #options: NeighboursOptions;
  readonly #connection: Connection;
  #observed = new Map<number, Observed>();
  #lookedAt = 0;
  /** The quickest look, about a round trip to the database. */
  #tripMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: NeighboursOptions) {
    this.#options = options;
    this.#connection = new Connection({
      config: options.config,
      applicationName: () => options.node.applicationName,
      onConnect: async (query, { isPooled }) => {
        if (!isPooled) await query({ text: "set lock_timeout = 2000" });
      },
    });
  }

  start(): void {
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS);
  }

  /** Runs a statement on the connection that watches the others. */
  get query(): Query {
    return this.#connection.query;
  }

  /** Connects again, under the new name of the node. */
  reset(): void {
    this.#connection.reset();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#connection.close();
  }

  async #look(): Promise<void> {
    try {
      const { node } = this.#options;
      // A node that may be dead itself judges nobody.
      if (node.id !== undefined && node.isAlive) await this.#judge(node.id);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) this.#options.onFailure(error, "watch the other nodes");
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#look(), this.#pauseMs());
  }

  /** Returns the time until the next look, which is at the end of a lease that ends before. */
  #pauseMs(): number {
    const now = performance.now();
    const observed = [...this.#observed.values()];
    if (observed.length === 0) return ALONE_MS;
    if (observed.some(({ goneSince }) => goneSince !== undefined)) return NEXT_LOOK_MS;
    const left = observed.map(({ since }) => since + this.#options.leaseMs - now);
    return Math.ceil(Math.min(LOOK_MS, ...left.filter((ms) => ms > 0)));
  }

  async #judge(own: number): Promise<void> {
    const { names, leaseMs, onGone } = this.#options;
    const text = `select n.id, n.beat, case when n.has_lock and l.objid is null then not exists (
          select from pg_stat_activity a
          where a.datname = current_database() and a.application_name = $3 || n.id) end as gone
      from ${names.schema}.nodes n
      left join pg_locks l on l.locktype = 'advisory' and l.granted and l.objsubid = 2
        and l.database = (select oid from pg_database where datname = current_database())
        and l.classid = $2::bigint::oid and l.objid = (n.id % 2147483648)::oid
      where n.id <> $1`;
    const values = [own, names.lockClass, applicationName(names, "")];
    const askedAt = performance.now();
    const rows = await this.#connection.query({ text, values, name: "look" });
    const now = performance.now();
    this.#tripMs = Math.min(this.#tripMs, now - askedAt);
    const connectMs = CONNECT_MS + CONNECT_TRIPS * this.#tripMs;
    const isFresh = now - this.#lookedAt <= MAX_PAUSE_MS;
    const isSettled = now - this.#connection.connectedAt > SETTLED_MS;
    const before = this.#observed;
    this.#lookedAt = now;
    this.#observed = new Map(
      rows.map((row) => {
        const [id, beat] = [Number(row["id"]), String(row["beat"])];
        const last = isFresh ? before.get(id) : undefined;
        const since = last?.beat === beat ? last.since : now;
        const goneSince = row["gone"] === true ? (last?.goneSince ?? now) : undefined;
        return [id, { beat, since, goneSince }];
      }),
    );
    for (const id of before.keys()) if (!this.#observed.has(id)) onGone(id);
    for (const [id, { since, goneSince = now }] of this.#observed) {
      const isGone = isSettled && now - goneSince >= connectMs;
      if (isGone || now - since >= leaseMs) await this.#declareDead(id, isGone);
    }
  }

  /**
   * Ends the connections of a node, unless it is `isGone`, then deletes its row. Two may do so. One
   * gets the row.
   */
  async #declareDead(id: number, isGone: boolean): Promise<void> {
    const { names, onGone } = this.#options;
    if (!isGone) {
      // Another database of the server may have the same schema, and nodes with the same numbers.
      const terminate = `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = $1`;
      await this.#connection.query({ text: terminate, values: [applicationName(names, id)] });
    }
    // A statement of its own: its snapshot has the last write of the dead node.
    const remove = `delete from ${names.schema}.nodes where id = $1`;
    await this.#connection.query({ text: remove, values: [id] }, DELETE_MS);
    this.#observed.delete(id);
    onGone(id);
  }
}
