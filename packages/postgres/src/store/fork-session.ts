import type { Entry, ForkSessionOptions, SessionMeta } from "@mini-openclaw/protocol";
import {
  assertKey,
  assertOwner,
  blobsOf,
  forkedEntries,
  lineText,
  notFound,
  withEntries,
} from "@mini-openclaw/session-store/kit";
import type { GroupWriter } from "../writer/group-writer.ts";
import { readEntries } from "../writer/read-lines.ts";
import { toSessionRow } from "../writer/session-row.ts";
import type { StoreContext } from "./context.ts";
import { insertSession } from "./sessions.ts";

const CHUNK_LINES = 500;

/** Creates a session with the entries of another one. It is listed when it has all of them. */
export async function forkSession(
  context: StoreContext,
  groups: GroupWriter,
  sessionId: string,
  options: ForkSessionOptions,
): Promise<SessionMeta> {
  const { query, names } = context;
  const found = await context.findSession(sessionId);
  if (!found) throw notFound(sessionId);
  const source = toSessionRow(found);
  const { meta } = source.summary;
  const { at = meta.lastSeq, key = meta.key, owner = meta.owner } = options;
  assertKey(key);
  assertOwner(owner);
  const entries: Entry[] = [];
  const blobs = new Set<string>();
  const all = readEntries(query, names.schema, source.sid, 0);
  for await (const entry of forkedEntries(all, { sessionId, at })) {
    entries.push(entry);
    for (const blob of blobsOf(entry)) blobs.add(blob);
  }
  const node = await context.node.ready();
  const forkedFrom = { sessionId, seq: at };
  const created = await insertSession(context, key, {
    ...{ forkedFrom, node },
    ...(owner !== undefined && { owner }),
  });
  const { sid } = created;
  await copyBlobs(context, { from: source.sid, to: sid, ids: [...blobs] });
  const summary = withEntries(created.summary, entries);
  const lines = entries.map((entry) => ({ seq: entry.seq, line: lineText(entry) }));
  const durability = { isDurable: true };
  for (let start = 0; start < lines.length; start += CHUNK_LINES) {
    const chunk = lines.slice(start, start + CHUNK_LINES);
    await groups.write(node, { sid, entries: chunk, live: [] }, durability);
  }
  const { lastSeq, updatedAt, archived = false } = summary.meta;
  const state = {
    summary: JSON.stringify(summary),
    lastSeq,
    updated: updatedAt,
    archived,
    runAfter: undefined,
  };
  await groups.write(node, { sid, entries: [], live: [], state: { ...state, isReleased: true } }, durability);
  return summary.meta;
}

async function copyBlobs(
  { query, names }: StoreContext,
  { from, to, ids }: { from: number; to: number; ids: string[] },
): Promise<void> {
  if (ids.length === 0) return;
  const text = `insert into ${names.schema}.blobs (sid, id, bytes)
    select $2, b.id, b.bytes from ${names.schema}.blobs b where b.sid = $1 and b.id = any($3)
    on conflict do nothing`;
  await query({ text, values: [from, to, ids] });
}
