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
// After a longer pause nothing is known about the time in between.
const MAX_PAUSE_MS = 1_000;
// After a restart of the database all locks are gone for a moment.
const SETTLED_MS = 1_000;
// A node whose connections were ended has one again before the third look.
const LOOKS_WITHOUT_CONNECTION = 3;
const DELETE_MS = 3_000;

/** The observations of one node. Times are of this process's monotonic clock. */
interface Observed {
  readonly beat: string;
  /** The first look that saw this beat. */
  readonly since: number;
  /** The number of looks in a row without the node's lock and without a connection of it. */
  readonly withoutConnection: number;
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
    const left = [...this.#observed.values()].map(({ since }) => since + this.#options.leaseMs - now);
    return Math.ceil(Math.min(LOOK_MS, ...left.filter((ms) => ms > 0)));
  }

  async #judge(own: number): Promise<void> {
    const { names, leaseMs, onGone } = this.#options;
    const text = `select n.id, n.beat, case when n.has_lock and l.objid is null then not exists (
          select from pg_stat_activity a where a.application_name = $3 || n.id) end as gone
      from ${names.schema}.nodes n
      left join pg_locks l on l.locktype = 'advisory' and l.granted and l.objsubid = 2
        and l.database = (select oid from pg_database where datname = current_database())
        and l.classid = $2::bigint::oid and l.objid = (n.id % 2147483648)::oid
      where n.id <> $1`;
    const values = [own, names.lockClass, applicationName(names, "")];
    const rows = await this.#connection.query({ text, values, name: "look" });
    const now = performance.now();
    const isFresh = now - this.#lookedAt <= MAX_PAUSE_MS;
    const isSettled = now - this.#connection.connectedAt > SETTLED_MS;
    const before = this.#observed;
    this.#lookedAt = now;
    this.#observed = new Map(
      rows.map((row) => {
        const [id, beat] = [Number(row["id"]), String(row["beat"])];
        const last = isFresh ? before.get(id) : undefined;
        const since = last?.beat === beat ? last.since : now;
        const withoutConnection = row["gone"] === true ? (last?.withoutConnection ?? 0) + 1 : 0;
        return [id, { beat, since, withoutConnection }];
      }),
    );
    for (const id of before.keys()) if (!this.#observed.has(id)) onGone(id);
    for (const [id, { since, withoutConnection }] of this.#observed) {
      const isLate = now - since >= leaseMs;
      const isGone = isSettled && withoutConnection >= LOOKS_WITHOUT_CONNECTION;
      if (isLate || isGone) await this.#declareDead(id);
    }
  }

  /** Ends the connections of a node, then deletes its row. Two may do so. One gets the row. */
  async #declareDead(id: number): Promise<void> {
    const { names, onGone } = this.#options;
    const terminate = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1";
    await this.#connection.query({ text: terminate, values: [applicationName(names, id)] });
    // A statement of its own: its snapshot has the last write of the dead node.
    const remove = `delete from ${names.schema}.nodes where id = $1`;
    await this.#connection.query({ text: remove, values: [id] }, DELETE_MS);
    this.#observed.delete(id);
    onGone(id);
  }
}
