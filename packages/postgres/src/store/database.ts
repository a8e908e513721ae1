import { StoreError } from "@mini-openclaw/session-store";
import { storeClosed } from "@mini-openclaw/session-store/kit";
import type { ClientConfig, Pool } from "pg";
import { Connection, type Query } from "../connection/connection.ts";
import { ConnectionLost } from "../connection/pg-error.ts";
import { createPoolQuery } from "../connection/pool-query.ts";
import { createStandbyQuery } from "../connection/standby-query.ts";
import { Neighbours } from "../node/neighbours.ts";
import { Node, type NodeListener } from "../node/node.ts";
import { checkPools, checkServer } from "../schema/check-server.ts";
import { migrate } from "../schema/migrate.ts";
import { namesOf } from "../schema/names.ts";
import type { Change } from "../writer/group.ts";
import { GroupWriter } from "../writer/group-writer.ts";
import {
  createClaimFree,
  createFindSession,
  type OpenWriterOptions,
  openWriter,
} from "../writer/open-writer.ts";
import { Pace } from "../writer/pace.ts";
import { WriterPool } from "../writer/writer-pool.ts";
import type { StoreContext } from "./context.ts";
import { SearchIndex } from "./search/search-index.ts";
import { createFindByKey } from "./sessions.ts";

export interface DatabaseOptions {
  readonly pool: Pool;
  readonly directPool?: Pool;
  readonly searchPool?: Pool;
  readonly schema: string;
  readonly name: string;
  readonly durability: "os" | "disk";
  readonly leaseMs: number;
  readonly tickMs: number;
  readonly onFailure: (error: unknown, during: string) => void;
}

const CLOSE_MS = 5_000;
const CONNECT_MS = 5_000;

/** The parts that other implementations on the same node attach to. */
export interface DatabaseHooks {
  /** Called with the payload of each notification. */
  onNotification: (payload: string) => void;
  /** Called for each node that is gone, after its sessions can be claimed. */
  onGone: (node: number) => void;
  /** Returns the payload of the notification of a group. */
  payloadOf: (changes: readonly Change[]) => string | undefined;
}

/** This process's connections to the database, its node and its writers. */
export class Database {
  readonly context: StoreContext;
  /** The context of searches, which may read from a standby. */
  readonly searchContext: StoreContext;
  readonly groups: GroupWriter;
  readonly node: Node;
  readonly hooks: DatabaseHooks = {
    onNotification: () => {},
    onGone: () => {},
    payloadOf: () => undefined,
  };
  readonly #neighbours: Neighbours;
  readonly #writer: Connection;
  readonly #index: SearchIndex;

  constructor(options: DatabaseOptions) {
    const { pool, directPool = pool, durability, leaseMs, onFailure } = options;
    const names = namesOf(options.schema);
    let isPooled = true;
    const toQuery = (of: Pool) =>
      createPoolQuery(of, { prefix: `mini_openclaw_${names.lockClass}_`, hasSession: () => !isPooled });
    const query = toQuery(pool);
    const config = toConfig(directPool);
    const { hooks } = this;
    this.node = new Node({
      ...{ config, names, leaseMs, onFailure },
      name: options.name,
      onNotification: (payload) => hooks.onNotification(payload),
    });
    const { node } = this;
    this.#neighbours = new Neighbours({
      ...{ config, names, node, leaseMs, onFailure },
      onGone: (id) => hooks.onGone(id),
    });
    this.#writer = new Connection({
      config: toConfig(pool),
      applicationName: () => node.applicationName,
      onConnect: async (_, connected) => {
        isPooled = connected.isPooled;
      },
    });
    this.groups = new GroupWriter({
      query: this.#writer.query,
      names,
      pace: new Pace(options.tickMs),
      onFenced: (id) => node.fenced(id),
      payloadOf: (changes) => hooks.payloadOf(changes),
      onEntries: (change) => this.#index.add(change),
    });
    const findSession = createFindSession(query, names);
    const opening: OpenWriterOptions = {
      ...{ query, names, findSession, groups: this.groups, durability },
      claimFree: createClaimFree({ query, names }, () => node.ready()),
      node: () => node.ready(),
      onFenced: (id) => node.fenced(id),
    };
    const writers = new WriterPool((sessionId) => openWriter(opening, sessionId));
    const urgentQuery: Query = (statement) =>
      this.#neighbours.query(statement).catch((error: unknown) => {
        if (statement.isOnce && error instanceof ConnectionLost) throw error;
        return query(statement);
      });
    const restoring = new Map();
    const findByKey = createFindByKey(query, names);
    const reads = { query, urgentQuery, findSession, findByKey };
    this.context = { names, ...reads, node, writers, opening, restoring, onFailure };
    const { searchPool } = options;
    const searchQuery = searchPool ? createStandbyQuery(toQuery(searchPool), query, onFailure) : query;
    this.searchContext = { ...this.context, query: searchQuery };
    this.#index = new SearchIndex({ context: this.context, writerQuery: this.#writer.query });
    node.listen(this.#listener());
  }

  /** Creates the tables, and registers the node. */
  async open(options: DatabaseOptions): Promise<void> {
    const { names, onFailure, query } = this.context;
    await checkServer(query);
    const setup = new Connection({ config: toConfig(options.directPool ?? options.pool) });
    try {
      await migrate(setup.query, names);
    } finally {
      await setup.close();
    }
    await this.node.ready();
    // The store knows then if there is a pooler.
    await this.#writer.connect(CONNECT_MS);
    if (options.directPool) await checkPools(this.#writer.query, this.node.query, names);
    this.#neighbours.start();
    this.#index.catchUp().catch((error) => onFailure(error, "fill the search index"));
  }

  /** Fills the search index with sessions that were copied. */
  fillIndex(): Promise<void> {
    return this.#index.fill();
  }

  /**
   * Writes what is queued, releases all sessions, and removes the node. While the database is gone,
   * rejects what is queued after a deadline.
   */
  async close(): Promise<void> {
    const end = performance.now() + CLOSE_MS;
    await this.#index.close();
    const closing = this.context.writers.closeAll();
    await orAfter(closing, end - performance.now());
    await this.groups.close(storeClosed(), end - performance.now());
    await closing;
    await this.#neighbours.close();
    await this.node.close();
    await this.#writer.close();
  }

  #listener(): NodeListener {
    return {
      onFenced: (id) => {
        const text = "This node was declared dead, so that another one may write the session. Open it again.";
        this.context.writers.lose(id, new StoreError("SESSION_STOLEN", text));
        this.groups.dropNode(id);
        // Both connect again under the name of the new id.
        this.#writer.reset();
        this.#neighbours.reset();
      },
    };
  }
}

/** Resolves with a promise, or after a time. */
async function orAfter(settling: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms));
  });
  await Promise.race([settling, late]);
  clearTimeout(timer);
}

/** Returns the configuration of a pool's connections. A pool hides its password. */
function toConfig({ options }: Pool): ClientConfig {
  const { password, ssl } = options;
  return { ...options, ...(password !== undefined && { password }), ...(ssl !== undefined && { ssl }) };
}
