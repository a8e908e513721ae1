import { existsSync } from "node:fs";
import type { SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { openSessionStore, StoreError } from "@mini-openclaw/session-store";
import { check, TranscriptFolder } from "@mini-openclaw/session-store/kit";
import pg from "pg";
import { ConnectionLost, isExhausted, isLost } from "../connection/pg-error.ts";
import { orStoreError } from "../store/context.ts";
import { createPostgresStore, databaseOf } from "../store/create-store.ts";
import { type Copying, isCopied } from "./copying.ts";
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
  /** The sessions that the other side had already, with the same entries. */
  unchanged: string[];
  skipped: { sessionId: string; reason: string }[];
}

const PAGE = 1_000;

/**
 * Copies all sessions between a folder and a database, line by line. Deleted sessions are not
 * copied. A session is copied whole or not at all, so that an interrupted copy can be repeated.
 *
 * Runs that a dead writer left open are ended first. A session that somebody writes is skipped.
 *
 * @throws StoreError `INVALID_OPTION` for a bad option; `READ_FAILED`, `WRITE_FAILED` if the
 * database cannot be reached
 */
export async function copySessions(options: CopyOptions): Promise<CopyResult> {
  check.known("copySessions", options, { folder: true, url: true, direction: true, schema: true });
  const { folder, url, direction, schema } = options;
  check.oneOf("direction", direction, ["to", "from"]);
  assertUrl(url);
  if (!existsSync(folder)) {
    throw new StoreError("INVALID_OPTION", `\`folder\` must be a folder that exists, got ${folder}.`);
  }
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on("error", () => {});
  try {
    await using sides = await openSides(pool, folder, schema);
    return await orStoreError("WRITE_FAILED", () => copyAll(sides, direction));
  } finally {
    await pool.end();
  }
}

/** Accepts what `pg` can read. The error has no part of the text, which may have a password. */
function assertUrl(url: string): void {
  let cause: unknown;
  try {
    if (typeof url === "string" && /^(?:postgres(?:ql)?:\/\/|socket:|\/)/.test(url)) {
      new pg.Client({ connectionString: url });
      return;
    }
  } catch (error) {
    cause = error;
  }
  const text =
    "`url` must be a connection string, such as `postgres://app@127.0.0.1/app`, got another value.";
  throw new StoreError("INVALID_OPTION", text, { cause });
}

async function copyAll(sides: Copying, direction: "to" | "from"): Promise<CopyResult> {
  const isTo = direction === "to";
  const [from, other] = isTo ? [sides.files, sides.store] : [sides.store, sides.files];
  const copy = isTo ? readSession : writeSession;
  await from.recover();
  const result: CopyResult = { copied: [], unchanged: [], skipped: [] };
  const attempt = async (sessionId: string, act: () => Promise<void>) => {
    try {
      await act();
    } catch (error) {
      if (isUnreachable(error)) throw error;
      result.skipped.push({ sessionId, reason: error instanceof Error ? error.message : String(error) });
    }
  };
  const sessions = isTo ? await readAll(sides, attempt) : await listAll(from);
  // In the order of their creation, in which both stores return the session of a key.
  for (const session of sessions.sort((left, right) => left.createdAt - right.createdAt)) {
    const { sessionId } = session;
    await attempt(sessionId, async () => {
      // The log keeps other writers away.
      const log = session.archived ? undefined : await from.openLog(sessionId);
      try {
        // Opening the log may have ended a run.
        const meta = (await from.getSession(sessionId)) ?? session;
        if (await isCopied(other, meta)) return void result.unchanged.push(sessionId);
        await copy(sides, meta);
        result.copied.push(sessionId);
      } finally {
        await log?.close();
      }
    });
  }
  // The nodes that are open index what they write, and would search the others line by line.
  if (isTo) await sides.database.fillIndex();
  return result;
}

/** Returns true if the database is gone, so that every other session would fail too. */
function isUnreachable(error: unknown): boolean {
  if (StoreError.is(error)) return error.cause instanceof ConnectionLost;
  return isLost(error) || isExhausted(error);
}

async function openSides(pool: pg.Pool, folder: string, schema: string | undefined) {
  const store = await createPostgresStore({ pool, ...(schema !== undefined && { schema }) });
  const database = databaseOf(store);
  if (!database) throw new TypeError("The store has no database. This is a defect.");
  const files = await openSessionStore(folder);
  return {
    ...{ files, transcripts: new TranscriptFolder(folder), store, database, pool },
    async [Symbol.asyncDispose]() {
      await files.close();
      await store.close();
    },
  };
}

/** Returns the sessions of all transcripts in the folder. */
async function readAll(
  { files, transcripts }: Copying,
  attempt: (sessionId: string, act: () => Promise<void>) => Promise<void>,
): Promise<SessionMeta[]> {
  const all: SessionMeta[] = [];
  for (const sessionId of await transcripts.list()) {
    await attempt(sessionId, async () => {
      const meta = await files.getSession(sessionId);
      if (meta) all.push(meta);
    });
  }
  return all;
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
