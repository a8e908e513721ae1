import type { SessionMeta } from "@mini-openclaw/protocol";
import { archived, busy, notFound } from "@mini-openclaw/session-store/kit";
import { sessionColumns, toMeta } from "../writer/session-row.ts";
import type { SessionWriter } from "../writer/session-writer.ts";
import type { StoreContext } from "./context.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
// Long enough to notice a mistake.
const KEEP_MS = 7 * DAY_MS;

/** Calls `use` with the writer of a session that is not archived. */
export function writeSession<T>(
  { writers }: StoreContext,
  sessionId: string,
  use: (writer: SessionWriter) => Promise<T>,
): Promise<T> {
  return writers.use(sessionId, (writer) => {
    if (writer.isArchived) throw archived(sessionId);
    return use(writer);
  });
}

export async function archiveSession(context: StoreContext, sessionId: string): Promise<SessionMeta> {
  const { writer, meta } = await writeSession(context, sessionId, async (held) => {
    assertAtRest(held);
    await held.record([{ type: "session_updated", archived: true, timestamp: Date.now() }]);
    return { writer: held, meta: held.meta };
  });
  await context.writers.close(sessionId, writer);
  return meta;
}

export function unarchiveSession({ writers }: StoreContext, sessionId: string): Promise<SessionMeta> {
  return writers.use(sessionId, async (writer) => {
    if (!writer.isArchived) return writer.meta;
    await writer.record([{ type: "session_updated", archived: false, timestamp: Date.now() }]);
    return writer.meta;
  });
}

/** Marks a session as deleted. Removes sessions for good that are marked for 7 days. */
export async function deleteSession(context: StoreContext, sessionId: string): Promise<void> {
  const writer = await context.writers.use(sessionId, async (held) => {
    assertAtRest(held);
    await held.delete(Date.now());
    return held;
  });
  await context.writers.close(sessionId, writer);
  try {
    await removeDeleted(context);
  } catch (error) {
    // The session is deleted. Removing others for good can wait.
    context.onFailure(error, "purge deleted sessions");
  }
}

export function undeleteSession(context: StoreContext, sessionId: string): Promise<SessionMeta> {
  const { restoring } = context;
  const before = restoring.get(sessionId);
  if (before) return before;
  const restored = restore(context, sessionId).finally(() => restoring.delete(sessionId));
  restoring.set(sessionId, restored);
  return restored;
}

async function restore({ query, names }: StoreContext, sessionId: string): Promise<SessionMeta> {
  const text = `update ${names.schema}.sessions s set deleted = null
    where s.id = $1 and s.deleted is not null and s.last_seq > 0 returning ${sessionColumns(names.schema)}`;
  const [row] = await query({ text, values: [sessionId] });
  if (!row) throw notFound(sessionId);
  return toMeta(row);
}

/** Returns a deleted session that can be restored. */
export async function findDeleted(
  { query, names }: StoreContext,
  sessionId: string,
): Promise<SessionMeta | undefined> {
  const text = `select ${sessionColumns(names.schema)} from ${names.schema}.sessions s
    where s.id = $1 and s.deleted is not null and s.last_seq > 0`;
  const [row] = await query({ text, values: [sessionId] });
  return row && toMeta(row);
}

/**
 * Removes sessions that were deleted long ago, and old ones that never got an entry. A node that
 * died in a fork leaves such a session, with lines.
 *
 * What is old is so by the clock of the database too. That of a machine may be a week ahead.
 */
async function removeDeleted(context: StoreContext): Promise<void> {
  const now = Date.now();
  const past = (ms: string) =>
    `least(${ms}::float8, ${ms}::float8 - $3::float8 + extract(epoch from now()) * 1000)`;
  const where = `s.deleted < ${past("$1")} or (s.last_seq = 0 and s.run_after is null and s.created < ${past("$2")}
    and not exists (select from ${context.names.schema}.nodes n where n.id = s.node))`;
  await removeSessions(context, where, [now - KEEP_MS, now - DAY_MS, now]);
}

/** Removes a session that nobody can have seen. */
export async function removeSession(context: StoreContext, sid: number): Promise<void> {
  await removeSessions(context, "s.num = $1 and s.last_seq = 0", [sid]);
}

async function removeSessions(
  { query, names: { schema } }: StoreContext,
  where: string,
  values: unknown[],
): Promise<void> {
  const tables = ["entries", "live", "blobs", "search"];
  const removals = tables.map(
    (table) => `${table} as (delete from ${schema}.${table} t using gone where t.sid = gone.num)`,
  );
  const text = `with gone as (delete from ${schema}.sessions s where ${where} returning num),
    ${removals.join(", ")} select 1`;
  await query({ text, values });
}

/** @throws StoreError `SESSION_BUSY` */
function assertAtRest(writer: SessionWriter): void {
  if (writer.isBusy) throw busy(writer.sessionId);
}
