import { existsSync } from "node:fs";
import type { SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { openSessionStore, StoreError } from "@mini-openclaw/session-store";
import { check } from "@mini-openclaw/session-store/kit";
import pg from "pg";
import { createPostgresStore, databaseOf } from "../store/create-store.ts";
import { readSession } from "./read-session.ts";
import { writeSession } from "./write-session.ts";

export interface CopyOptions {
  /** The folder of a store on files. */
  folder: string;
  /** The connection string of the database, such as `postgres://app@127.0.0.1/app`. */
  url: string;
  /** `"to"` copies from the folder to the database, `"from"` the other way. */
  direction: "to" | "from";
  /** @default "mini_openclaw" */
  schema?: string;
}

/** The sessions that were copied, and the reasons why others were not. */
export interface CopyResult {
  copied: string[];
  skipped: { sessionId: string; reason: string }[];
}

const PAGE = 1_000;

/**
 * Copies all sessions between a folder and a database, line by line. Deleted sessions are not
 * copied. A session that is there already stays as it is, so that a copy can be repeated.
 *
 * Runs that a dead writer left open are ended first. A session that somebody writes is skipped.
 */
export async function copySessions(options: CopyOptions): Promise<CopyResult> {
  check.known("copySessions", options, { folder: true, url: true, direction: true, schema: true });
  const { folder, url, direction, schema } = options;
  check.oneOf("direction", direction, ["to", "from"]);
  if (!existsSync(folder)) {
    throw new StoreError("INVALID_OPTION", `\`folder\` must be a folder that exists, got ${folder}.`);
  }
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on("error", () => {});
  try {
    await using stores = await openStores(pool, folder, schema);
    const from = direction === "to" ? stores.files : stores.store;
    const copy = direction === "to" ? readSession : writeSession;
    await from.recover();
    const result: CopyResult = { copied: [], skipped: [] };
    // In the order of their creation, in which both stores return the session of a key.
    const sessions = (await listAll(from)).sort((left, right) => left.createdAt - right.createdAt);
    for (const session of sessions) {
      const { sessionId } = session;
      try {
        // The log keeps other writers away.
        const log = session.archived ? undefined : await from.openLog(sessionId);
        try {
          await copy(stores, session);
        } finally {
          await log?.close();
        }
        result.copied.push(sessionId);
      } catch (error) {
        if (!StoreError.is(error)) throw error;
        result.skipped.push({ sessionId, reason: error.message });
      }
    }
    return result;
  } finally {
    await pool.end();
  }
}

async function openStores(pool: pg.Pool, folder: string, schema: string | undefined) {
  const store = await createPostgresStore({ pool, ...(schema !== undefined && { schema }) });
  const database = databaseOf(store);
  if (!database) throw new TypeError("The store has no database. This is a defect.");
  const files = await openSessionStore(folder);
  return {
    ...{ folder, files, store, database },
    async [Symbol.asyncDispose]() {
      await files.close();
      await store.close();
    },
  };
}

async function listAll(store: SessionStore): Promise<SessionMeta[]> {
  const all: SessionMeta[] = [];
  for (const archived of [false, true]) {
    for (let cursor: string | undefined; ; ) {
      const page = await store.listSessions({
        archived,
        limit: PAGE,
        ...(cursor !== undefined && { cursor }),
      });
      all.push(...page.sessions);
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
  }
  return all;
}
