import type { SessionMeta } from "@mini-openclaw/protocol";
import {
  beginSummary,
  blobsOf,
  type CopiedLine,
  lineText,
  nextSummary,
  type Summary,
  upgradeLegacyLine,
} from "@mini-openclaw/session-store/kit";
import { keyColumn } from "../store/sessions.ts";
import type { NumberedLine } from "../writer/group.ts";
import { type Copying, deleted, exists } from "./copying.ts";
import { inTransaction, type Run } from "./transaction.ts";

const MAX_LINES = 500;
const MAX_CHARS = 1_000_000;

/** Copies a session from its file to the database, in one transaction. */
export async function readSession(
  { files, transcripts, database, pool }: Copying,
  meta: SessionMeta,
): Promise<void> {
  const { sessionId, createdAt } = meta;
  const { schema } = database.context.names;
  await inTransaction(pool, async (run) => {
    const insert = `insert into ${schema}.sessions (id, key, created, updated, summary)
      values ($1, $2, $3, $3, '') on conflict (id) do nothing returning num`;
    const [row] = await run({ text: insert, values: [sessionId, keyColumn(meta.key), createdAt] });
    if (!row) throw (await isDeleted(run, schema, sessionId)) ? deleted(sessionId) : exists(sessionId);
    const sid = Number(row["num"]);
    const { header, summary, blobs } = await insertLines(run, {
      table: `${schema}.entries`,
      sid,
      lines: transcripts.lines(sessionId),
      summary: beginSummary(sessionId, meta),
    });
    for (const id of blobs) {
      const bytes = await files.loadBlob?.(sessionId, id);
      if (!bytes) continue;
      const text = `insert into ${schema}.blobs (sid, id, bytes) values ($1, $2, $3)`;
      await run({ text, values: [sid, id, Buffer.from(bytes)] });
    }
    const { lastSeq, updatedAt, archived = false } = summary.meta;
    const update = `update ${schema}.sessions
      set summary = $2, last_seq = $3, updated = $4, archived = $5, header = $6 where num = $1`;
    const values = [sid, JSON.stringify(summary), lastSeq, updatedAt, archived, header ?? null];
    await run({ text: update, values });
  });
}

async function isDeleted(run: Run, schema: string, sessionId: string): Promise<boolean> {
  const text = `select 1 from ${schema}.sessions where id = $1 and deleted is not null`;
  return (await run({ text, values: [sessionId] })).length > 0;
}

interface Transcript {
  readonly table: string;
  readonly sid: number;
  readonly lines: AsyncIterable<CopiedLine>;
  readonly summary: Summary;
}

/** Inserts the lines of a transcript. Lines of the legacy format become lines of today's. */
async function insertLines(run: Run, { table, sid, lines, summary: empty }: Transcript) {
  const blobs = new Set<string>();
  let summary = empty;
  let header: string | undefined;
  let batch: NumberedLine[] = [];
  let chars = 0;
  const flush = async () => {
    const text = `insert into ${table} (sid, seq, line)
      select $1, u.seq, u.line from unnest($2::bigint[], $3::text[]) u(seq, line)`;
    await run({ text, values: [sid, batch.map(({ seq }) => seq), batch.map(({ line }) => line)] });
    batch = [];
    chars = 0;
  };
  for await (const { line, text } of lines) {
    summary = nextSummary(summary, line);
    if (line.kind === "header") header = text;
    else {
      const numbered = toNumbered({ line, text }, summary.meta.lastSeq);
      if (line.kind === "entry") for (const blob of blobsOf(line.entry)) blobs.add(blob);
      chars += numbered.line.length;
      if (batch.push(numbered) >= MAX_LINES || chars >= MAX_CHARS) await flush();
    }
  }
  if (batch.length > 0) await flush();
  return { header, summary, blobs };
}

function toNumbered({ line, text }: CopiedLine, lastSeq: number): NumberedLine {
  if (line.kind !== "legacy") return { seq: line.kind === "entry" ? line.entry.seq : lastSeq, line: text };
  return { seq: lastSeq, line: lineText(upgradeLegacyLine(line.message, lastSeq)) };
}
