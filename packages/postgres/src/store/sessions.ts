import type {
  CreateSessionOptions,
  ListSessionsOptions,
  SessionHeader,
  SessionMeta,
  SessionPage,
} from "@mini-openclaw/protocol";
import { createSummary, cursorAfter, parseCursor, type Summary } from "@mini-openclaw/session-store/kit";
import type { Query } from "../connection/connection.ts";
import { shareStatements } from "../connection/share-statements.ts";
import type { Names } from "../schema/names.ts";
import { sessionColumns, toMeta } from "../writer/session-row.ts";
import type { StoreContext } from "./context.ts";

type NewSession = CreateSessionOptions & Pick<SessionHeader, "forkedFrom">;

/** A new session: its row, and its summary without entries. */
export interface CreatedSession {
  readonly sid: number;
  readonly summary: Summary;
}

/**
 * Returns a key as the table has it. PostgreSQL has neither NUL nor halves of a character, and no
 * two keys may become one.
 */
export function keyColumn(key: string): string {
  return JSON.stringify(key).slice(1, -1);
}

/** Inserts a session. `node` becomes its owner. */
export async function insertSession(
  { query, names }: StoreContext,
  key: string,
  { node, ...options }: NewSession & { node?: number } = {},
): Promise<CreatedSession> {
  const summary = createSummary(key, options);
  const { sessionId, createdAt } = summary.meta;
  // The time orders the sessions of a key, and clocks of several machines differ.
  const text = `insert into ${names.schema}.sessions (id, key, node, created, updated, summary)
    select $1, $2, $3, t.created, t.created, $5 from (select greatest($4::float8, (
      select max(s.created) + 1 from ${names.schema}.sessions s where s.key = $2)) as created) t
    on conflict (id) do update set id = excluded.id returning num, created`;
  const values = [sessionId, keyColumn(key), node ?? null, createdAt, JSON.stringify(summary)];
  const [row] = await query({ text, values, name: "insert_session" });
  const created = Number(row?.["created"]);
  const meta = { ...summary.meta, createdAt: created, updatedAt: created };
  return { sid: Number(row?.["num"]), summary: { ...summary, meta } };
}

/** Returns the newest open session of a key, or inserts one. All callers get the same one. */
export async function getOrInsertSession(
  context: StoreContext,
  key: string,
  options: CreateSessionOptions,
): Promise<SessionMeta> {
  const { query, names, findByKey, findSession } = context;
  const newest = await findByKey(key);
  if (newest) return newest;
  const summary = createSummary(key, options);
  const { sessionId, createdAt } = summary.meta;
  const text = `select ${names.schema}.get_or_create($1, $2, $3, $4, $5) as id`;
  const values = [names.keyLockClass, sessionId, keyColumn(key), createdAt, JSON.stringify(summary)];
  const [made] = await query({ text, values });
  // A statement does not see the row that it inserts.
  const row = await findSession(String(made?.["id"]));
  return row ? toMeta(row) : getOrInsertSession(context, key, options);
}

/** Returns a function that finds the newest open session of a key. */
export function createFindByKey(query: Query, { schema }: Names): StoreContext["findByKey"] {
  const text = `select k.key as asked, f.* from unnest($1::text[]) k(key) cross join lateral (
      select ${sessionColumns(schema)} from ${schema}.sessions s
      where s.key = k.key and not s.archived and s.deleted is null
      order by s.created desc, s.num desc limit 1) f`;
  const find = shareStatements(async (columns: readonly string[]) => {
    const rows = await query({ text, values: [columns], name: "find_by_key" });
    return new Map(rows.map((row) => [String(row["asked"]), row]));
  });
  return async (key) => {
    const row = await find(keyColumn(key));
    return row && toMeta(row);
  };
}

/** Returns a page of sessions, the newest update first. */
export async function listSessions(
  context: StoreContext,
  { limit = 50, ...options }: ListSessionsOptions,
): Promise<SessionPage> {
  const { query, names } = context;
  const values: unknown[] = [limit + 1];
  const where = filterSessions(options, (value) => `$${values.push(value)}`);
  const text = `select ${sessionColumns(names.schema)} from ${names.schema}.sessions s
    where ${where} order by s.updated desc, s.id desc limit $1`;
  const rows = await query({ text, values });
  const sessions = rows.slice(0, limit).map(toMeta);
  const last = sessions.at(-1);
  return rows.length > limit && last ? { sessions, cursor: cursorAfter(last) } : { sessions };
}

interface SessionFilter {
  readonly key?: string | undefined;
  readonly keyPrefix?: string | undefined;
  readonly archived?: boolean | undefined;
  readonly cursor?: string | undefined;
}

/** Returns the condition for sessions with an entry. `add` adds a value to the statement. */
export function filterSessions(filter: SessionFilter, add: (value: unknown) => string): string {
  const { key, keyPrefix = "", archived = false, cursor } = filter;
  // The words of the partial indexes.
  const where = [archived ? "s.archived" : "not s.archived", "s.deleted is null", "s.last_seq > 0"];
  if (key !== undefined) where.push(`s.key = ${add(keyColumn(key))}`);
  if (keyPrefix !== "") where.push(`starts_with(s.key, ${add(keyColumn(keyPrefix))})`);
  if (cursor !== undefined) {
    const { updatedAt, sessionId } = parseCursor(cursor);
    where.push(`(s.updated, s.id) < (${add(updatedAt)}::float8, ${add(sessionId)})`);
  }
  return where.join(" and ");
}
