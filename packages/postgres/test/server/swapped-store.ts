import { createHash } from "node:crypto";
import type { Entry, SearchHit, SessionStore } from "@mini-openclaw/protocol";
import pg from "pg";
import { inject } from "vitest";
import { createPostgresStore } from "../../src/index.ts";
import { PostgresStore } from "../../src/store/postgres-store.ts";

// Stands in for `@mini-openclaw/session-store` in the tests of another package: every store that
// they open is one on PostgreSQL.
export * from "../../../session-store/src/index.ts";

let schemas = 0;

/** A store with no sessions. */
export function createMemoryStore(): SessionStore {
  schemas += 1;
  return openLazily(`memory_${process.pid}_${process.env["VITEST_WORKER_ID"] ?? "0"}_${schemas}`);
}

/** The store of a folder, which is the same schema each time. */
export async function openSessionStore(folder: string): Promise<SessionStore> {
  return openLazily(`folder_${createHash("sha256").update(folder).digest("hex").slice(0, 32)}`);
}

/** Opens the store at its first call, because a memory store is opened without a promise. */
function openLazily(schema: string): SessionStore {
  let opened: Promise<SessionStore> | undefined;
  let pool: pg.Pool | undefined;
  const open = () => {
    if (!pool) {
      pool = new pg.Pool({ ...inject("postgres"), max: 4 });
      pool.on("error", () => {});
    }
    opened ??= createPostgresStore({ pool, schema, durability: "os" });
    return opened;
  };
  const lazy = {
    async *searchSessions(...args: Parameters<SessionStore["searchSessions"]>): AsyncGenerator<SearchHit> {
      yield* (await open()).searchSessions(...args);
    },
    async *entries(...args: Parameters<SessionStore["entries"]>): AsyncGenerator<Entry> {
      yield* (await open()).entries(...args);
    },
    async close() {
      await (await open()).close();
      if (pool && !pool.ended) await pool.end();
    },
  };
  return new Proxy(lazy as unknown as SessionStore, {
    get(target, name: keyof SessionStore) {
      if (name in target) return target[name];
      if (!(name in PostgresStore.prototype)) return undefined;
      return async (...args: never[]) => {
        const store = await open();
        return (store[name] as (...values: never[]) => unknown)(...args);
      };
    },
  });
}
