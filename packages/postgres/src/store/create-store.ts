import { hostname } from "node:os";
import process from "node:process";
import type { SessionStore } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { StoreError } from "@mini-openclaw/session-store";
import { assertDurability, check, heard } from "@mini-openclaw/session-store/kit";
import pg, { type Pool } from "pg";
import { orStoreError } from "./context.ts";
import { Database } from "./database.ts";
import { PostgresStore } from "./postgres-store.ts";

export interface PostgresStoreOptions {
  /** A pool of `pg`. The store does not end it. */
  pool: Pool;
  /**
   * A pool that reaches the server itself, if `pool` goes through a pooler in transaction mode.
   * @default pool
   */
  directPool?: Pool;
  /**
   * A pool that reaches a standby, for searches. They may miss what the standby does not have yet.
   * @default pool
   */
  searchPool?: Pool;
  /**
   * The schema of the tables. It is created if it does not exist.
   * @default "mini_openclaw"
   */
  schema?: string;
  /**
   * The failures that an acknowledged entry survives. `"os"`: the end of this process. A crash of
   * the database may lose the last half second. `"disk"`: a crash of the database too.
   * @default "disk"
   */
  durability?: "os" | "disk";
  /**
   * The name of this node in the table of nodes, for people.
   * @default host name and process id
   */
  name?: string;
  /**
   * The time without a sign of life after which the other nodes declare this one dead, in
   * milliseconds.
   * @default 3000
   */
  leaseMs?: number;
  /**
   * The longest time that a live event, such as a chunk, waits for others in milliseconds. It waits
   * a millisecond for each session that streams.
   * @default 20
   */
  tickMs?: number;
  /** Called with an error that no caller gets, and the name of the step. */
  onFailure?: (error: unknown, during: string) => void;
}

const MIN_LEASE_MS = 1_500;
const MAX_LEASE_MS = 600_000;
const MAX_TICK_MS = 1_000;

const databases = new WeakMap<SessionStore, Database>();

/**
 * Opens the store on a PostgreSQL database. Creates its tables, or updates them.
 *
 * @throws StoreError `INVALID_OPTION` for a bad option; `READ_FAILED` if the database cannot be
 * reached
 */
export async function createPostgresStore(options: PostgresStoreOptions): Promise<SessionStore> {
  const checked = checkedOptions(options);
  survive(checked.pool);
  if (checked.searchPool) survive(checked.searchPool);
  const database = new Database(checked);
  const store = new PostgresStore(database);
  databases.set(store, database);
  try {
    await orStoreError("READ_FAILED", () => database.open(checked));
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

/** Returns the parts behind a store of {@link createPostgresStore}. */
export function databaseOf(store: SessionStore): Database | undefined {
  return databases.get(store);
}

function checkedOptions(options: PostgresStoreOptions) {
  check.known("createPostgresStore", options, optionNames);
  const { pool, directPool, searchPool, schema = "mini_openclaw", durability = "disk" } = options;
  const { leaseMs = 3_000, tickMs = 20, onFailure = () => {} } = options;
  const { name = `${hostname()}-${process.pid}` } = options;
  assertPool("pool", pool);
  if (directPool !== undefined) assertPool("directPool", directPool);
  if (searchPool !== undefined) assertPool("searchPool", searchPool);
  assertDurability(durability);
  check.text("name", name, 200);
  if (name.includes("\0"))
    throw new StoreError("INVALID_OPTION", mustBe("name", "a string without NUL characters", name));
  if (typeof onFailure !== "function")
    throw new StoreError("INVALID_OPTION", mustBe("onFailure", "a function", onFailure));
  check.integer("leaseMs", leaseMs, { min: MIN_LEASE_MS, max: MAX_LEASE_MS });
  check.integer("tickMs", tickMs, { min: 1, max: MAX_TICK_MS });
  const pools = { pool, ...(directPool && { directPool }), ...(searchPool && { searchPool }) };
  return { ...pools, schema, durability, name, leaseMs, tickMs, onFailure: untilEnd(heard(onFailure)) };
}

/** Checks the two members of a pool that the store uses. A client has only one of them. */
function assertPool(name: string, pool: Partial<Pool> | null | undefined): void {
  if (typeof pool?.connect !== "function" || typeof pool.options !== "object") {
    throw new StoreError("INVALID_OPTION", mustBe(name, "a pool of `pg`, as of `new pg.Pool()`", pool));
  }
  // `pg` 8.23 decodes binary results as UTF-8, so that 200 becomes another number.
  const { binary = pg.defaults.binary } = pool.options as { binary?: boolean };
  if (!binary) return;
  const text = mustBe(`${name}.options.binary`, "false", binary);
  throw new StoreError("INVALID_OPTION", `${text} Give the store a pool of its own.`);
}

/** Reports once that the app has ended the pool, which each later read finds. */
function untilEnd(onFailure: (error: unknown, during: string) => void): typeof onFailure {
  let hasEnded = false;
  return (error, during) => {
    const isEnd = StoreError.is(error) && error.code === "STORE_CLOSED";
    if (!isEnd || !hasEnded) onFailure(error, during);
    hasEnded ||= isEnd;
  };
}

/**
 * Keeps the process alive where an app does not listen to its pool. A database that restarts ends
 * idle connections, and the pool opens others.
 */
function survive(pool: Partial<Pool>): void {
  if (pool.listenerCount?.("error") === 0) pool.on?.("error", () => {});
}

const optionNames: Record<keyof PostgresStoreOptions, true> = {
  pool: true,
  directPool: true,
  searchPool: true,
  schema: true,
  durability: true,
  name: true,
  leaseMs: true,
  tickMs: true,
  onFailure: true,
};
