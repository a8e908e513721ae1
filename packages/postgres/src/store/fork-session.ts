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
import type { NumberedLine } from "../writer/group.ts";
import type { GroupWriter } from "../writer/group-writer.ts";
import { readEntries } from "../writer/read-lines.ts";
import { toSessionRow } from "../writer/session-row.ts";
import { copyBlobs } from "./blobs.ts";
import type { StoreContext } from "./context.ts";
import { removeSession } from "./lifecycle.ts";
import { insertSession } from "./sessions.ts";

const CHUNK_LINES = 500;
const CHUNK_CHARS = 1_000_000;

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
  const entriesAfter = (after: number) =>
    forkedEntries(readEntries(query, names.schema, source.sid, after), { sessionId, at });
  // A wrong number creates nothing.
  await entriesAfter(at - 1).next();
  const node = await context.node.ready();
  const forkedFrom = { sessionId, seq: at };
  const created = await insertSession(context, key, {
    ...{ forkedFrom, node },
    ...(owner !== undefined && { owner }),
  });
  const { sid } = created;
  let { summary } = created;
  const durability = { isDurable: true };
  try {
    for await (const chunk of chunksOf(entriesAfter(0))) {
      await copyBlobs(context, { from: source.sid, to: sid, ids: chunk.entries.flatMap(blobsOf) });
      summary = withEntries(summary, chunk.entries);
      await groups.write(node, { sid, entries: chunk.lines, live: [] }, durability);
    }
    const { lastSeq, updatedAt, archived = false } = summary.meta;
    const state = {
      summary: JSON.stringify(summary),
      lastSeq,
      updated: updatedAt,
      archived,
      runAfter: undefined,
      isReleased: true,
    };
    await groups.write(node, { sid, entries: [], live: [], state }, durability);
    return summary.meta;
  } catch (error) {
    // Otherwise it stays for a day.
    await removeSession(context, sid).catch(() => {});
    throw error;
  }
}

interface Chunk {
  readonly entries: Entry[];
  readonly lines: NumberedLine[];
}

/** Yields entries with their lines, as many as a statement should have. */
async function* chunksOf(entries: AsyncIterable<Entry>): AsyncGenerator<Chunk> {
  let chunk: Chunk = { entries: [], lines: [] };
  let chars = 0;
  for await (const entry of entries) {
    const line = lineText(entry);
    chars += line.length;
    chunk.entries.push(entry);
    if (chunk.lines.push({ seq: entry.seq, line }) < CHUNK_LINES && chars < CHUNK_CHARS) continue;
    yield chunk;
    chunk = { entries: [], lines: [] };
    chars = 0;
  }
  if (chunk.lines.length > 0) yield chunk;
}
