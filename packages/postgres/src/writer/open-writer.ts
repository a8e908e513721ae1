import type { RecordedEvent, SessionEvent } from "@mini-openclaw/protocol";
import { StoreError } from "@mini-openclaw/session-store";
import { createId, createIdSource, notFound, OpenRuns } from "@mini-openclaw/session-store/kit";
import type { Query, Row } from "../connection/connection.ts";
import { shareStatements } from "../connection/share-statements.ts";
import type { Names } from "../schema/names.ts";
import type { GroupWriter } from "./group-writer.ts";
import { readEvents } from "./read-lines.ts";
import { SessionKeys } from "./session-keys.ts";
import { type SessionRow, sessionColumns, toSessionRow } from "./session-row.ts";
import { SessionWriter } from "./session-writer.ts";

export interface OpenWriterOptions {
  readonly query: Query;
  readonly names: Names;
  readonly findSession: FindSession;
  readonly claimFree: ClaimFree;
  readonly groups: GroupWriter;
  readonly durability: "os" | "disk";
  /** Returns the id of this node. */
  readonly node: () => Promise<number>;
  readonly onFenced: (node: number) => void;
}

/** Returns the row of a session that is not deleted. */
export type FindSession = (sessionId: string) => Promise<Row | undefined>;

/** Claims a session of nobody, or of this node. Returns the id of the node that has it now. */
export type ClaimFree = (sessionId: string) => Promise<number | undefined>;

const newId = createIdSource();
// Another node may claim the session or give it away between two statements.
const MAX_TRIES = 5;

/**
 * Claims a session, and returns its writer. Ends the runs that a dead writer left open.
 *
 * @throws StoreError `SESSION_LOCKED` if a living node writes the session
 */
export async function openWriter(options: OpenWriterOptions, sessionId: string): Promise<SessionWriter> {
  const { query, names } = options;
  const node = await claim(options, sessionId);
  // A later statement than the claim: its snapshot has the last write of the dead owner.
  const found = await options.findSession(sessionId);
  if (!found) throw notFound(sessionId);
  const row = toSessionRow(found);
  const events = readEvents(query, names.schema, { sid: row.sid, sessionId }, row.runAfter ?? 0);
  return adoptSession(options, node, row, events);
}

/**
 * Returns the writer of a session that this node has claimed in an earlier statement than that of
 * `row`. Ends the runs that are open after `events`, which are those after `row.runAfter`.
 */
export async function adoptSession(
  { query, names, groups, durability }: Pick<OpenWriterOptions, "query" | "names" | "groups" | "durability">,
  node: number,
  { sid, summary, runAfter, lastSeq }: SessionRow,
  events: AsyncIterable<RecordedEvent>,
): Promise<SessionWriter> {
  const keys = new SessionKeys(query, names.schema, sid);
  const writer = new SessionWriter({
    ...{ sid, node, groups, summary, lastSeq, runAfter, keys, durability },
    createId: newId,
  });
  if (runAfter !== undefined) {
    const closing = await findClosing(events);
    if (closing.length > 0) await writer.record(closing);
    await writer.settle();
  }
  return writer;
}

/** Returns the id of the node that has the session now. */
async function claim(options: OpenWriterOptions, sessionId: string): Promise<number> {
  const { query, names } = options;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const claimed = await options.claimFree(sessionId);
    if (claimed !== undefined) return claimed;
    const node = await options.node();
    const text = `select s.num, s.node, n.id as living, n.name,
        exists (select from ${names.schema}.nodes where id = $2) as alive
      from ${names.schema}.sessions s left join ${names.schema}.nodes n on n.id = s.node
      where s.id = $1 and s.deleted is null`;
    const [row] = await query({ text, values: [sessionId, node] });
    if (!row) throw notFound(sessionId);
    if (row["alive"] !== true) {
      options.onFenced(node);
      throw fenced();
    }
    const owner = Number(row["node"] ?? 0);
    if (row["living"] !== null) throw locked(sessionId, String(row["name"]));
    // Its owner is missing in one snapshot with the session. Ids never come back, so that it is
    // dead for ever. The claim is a statement of its own, because after a conflict a statement
    // looks at the new row of the session, but at the old table of nodes.
    if (owner !== 0 && (await claimFrom(options, node, { sid: Number(row["num"]), owner }))) return node;
  }
  throw locked(sessionId, "another node");
}

export function createClaimFree(
  { query, names: { schema } }: { query: Query; names: Names },
  currentNode: () => Promise<number>,
): ClaimFree {
  // In the order of recovery, so that no two nodes deadlock.
  const text = `with me as (select id from ${schema}.nodes where id = $1 for key share),
    f as (select s.num from ${schema}.sessions s
      where s.id = any($2) and (s.node is null or s.node = $1) and s.deleted is null order by s.num for update)
    update ${schema}.sessions s set node = me.id from f, me where s.num = f.num returning s.id`;
  return shareStatements(async (ids) => {
    const node = await currentNode();
    const rows = await query({ text, values: [node, ids], name: "claim_free" });
    return new Map(rows.map((row) => [String(row["id"]), node]));
  });
}

async function claimFrom(
  { query, names }: OpenWriterOptions,
  node: number,
  { sid, owner }: { sid: number; owner: number },
): Promise<boolean> {
  const text = `with me as (select id from ${names.schema}.nodes where id = $1 for key share)
    update ${names.schema}.sessions s set node = me.id from me
    where s.num = $2 and s.node = $3 and s.deleted is null returning 1`;
  return (await query({ text, values: [node, sid, owner] })).length > 0;
}

export function createFindSession(query: Query, { schema }: Names): FindSession {
  const text = `select s.id, ${sessionColumns(schema)} from ${schema}.sessions s
    where s.id = any($1) and s.deleted is null`;
  return shareStatements(async (ids) => {
    const rows = await query({ text, values: [ids], name: "find_session" });
    return new Map(rows.map((row) => [String(row["id"]), row]));
  });
}

async function findClosing(events: AsyncIterable<RecordedEvent>): Promise<SessionEvent[]> {
  const runs = new OpenRuns();
  for await (const { event } of events) runs.apply(event);
  return runs.closing({ timestamp: Date.now(), createId });
}

function locked(sessionId: string, name: string): StoreError {
  const text = `Node ${name} writes session ${sessionId}. Send the request to that node, or retry when it has closed the session.`;
  return new StoreError("SESSION_LOCKED", text);
}

function fenced(): StoreError {
  const text = "This node was declared dead, and registers again. Retry.";
  return new StoreError("SESSION_STOLEN", text);
}
