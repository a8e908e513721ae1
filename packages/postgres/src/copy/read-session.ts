import { createReadStream, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { SessionMeta } from "@mini-openclaw/protocol";
import { StoreError } from "@mini-openclaw/session-store";
import {
  beginSummary,
  blobsOf,
  formatLine,
  nextSummary,
  parseTranscriptLine,
  type Summary,
  upgradeLegacyLine,
} from "@mini-openclaw/session-store/kit";
import { keyColumn } from "../store/sessions.ts";
import type { NumberedLine } from "../writer/group.ts";
import { type Copying, exists } from "./copying.ts";

const CHUNK_LINES = 500;

/** The lines of a transcript, as the database has them. */
interface Transcript {
  readonly header: string | undefined;
  readonly lines: readonly NumberedLine[];
  readonly blobs: ReadonlySet<string>;
  readonly summary: Summary;
}

/** Copies a session from its file to the database. It is listed when it has all of its lines. */
export async function readSession({ folder, files, database }: Copying, meta: SessionMeta): Promise<void> {
  const { query, names, node: own } = database.context;
  const { sessionId, createdAt } = meta;
  const { header, lines, blobs, summary } = await readTranscript(findTranscript(folder, sessionId), meta);
  const node = await own.ready();
  const insert = `insert into ${names.schema}.sessions (id, key, node, created, updated, summary, header)
    values ($1, $2, $3, $4, $4, $5, $6) on conflict (id) do nothing returning num`;
  const empty = JSON.stringify(beginSummary(sessionId, meta));
  const values = [sessionId, keyColumn(meta.key), node, createdAt, empty, header ?? null];
  const [row] = await query({ text: insert, values });
  if (!row) throw exists(sessionId);
  const sid = Number(row["num"]);
  for (const id of blobs) {
    const bytes = await files.loadBlob?.(sessionId, id);
    if (!bytes) continue;
    const text = `insert into ${names.schema}.blobs (sid, id, bytes) values ($1, $2, $3) on conflict do nothing`;
    await query({ text, values: [sid, id, Buffer.from(bytes)] });
  }
  for (let start = 0; start < lines.length; start += CHUNK_LINES) {
    const entries = lines.slice(start, start + CHUNK_LINES);
    await database.groups.write(node, { sid, entries, live: [] }, { isDurable: true });
  }
  const { lastSeq, updatedAt, archived = false } = summary.meta;
  const state = {
    summary: JSON.stringify(summary),
    lastSeq,
    updated: updatedAt,
    archived,
    runAfter: undefined,
  };
  const change = { sid, entries: [], live: [], state: { ...state, isReleased: true } };
  await database.groups.write(node, change, { isDurable: true });
}

/** Reads a file whole. Lines of the legacy format become lines of today's. */
async function readTranscript(path: string, meta: SessionMeta): Promise<Transcript> {
  let summary = beginSummary(meta.sessionId, meta);
  let header: string | undefined;
  const lines: NumberedLine[] = [];
  const blobs = new Set<string>();
  const input = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const text of input) {
    const line = parseTranscriptLine(Buffer.from(text));
    if (line.kind === "blank") continue;
    if (line.kind === "damaged") throw damaged(meta.sessionId);
    summary = nextSummary(summary, line);
    const { lastSeq } = summary.meta;
    if (line.kind === "header") header = text;
    else if (line.kind === "unknown") lines.push({ seq: line.seq, line: text });
    else if (line.kind === "legacy") {
      const entry = formatLine(upgradeLegacyLine(line.message, lastSeq)).slice(0, -1);
      lines.push({ seq: lastSeq, line: entry });
    } else {
      for (const blob of blobsOf(line.entry)) blobs.add(blob);
      lines.push({ seq: line.entry.seq, line: text });
    }
  }
  return { header, lines, blobs, summary };
}

/** Returns the file of a session, which may be in the archive. */
function findTranscript(folder: string, sessionId: string): string {
  const path = join(folder, `${sessionId}.jsonl`);
  if (existsSync(path)) return path;
  const archive = join(folder, "archive");
  const name = existsSync(archive)
    ? readdirSync(archive).find((one) => one.startsWith(`${sessionId}.`) && one.endsWith(".jsonl"))
    : undefined;
  if (name !== undefined) return join(archive, name);
  throw new StoreError("SESSION_NOT_FOUND", `Session ${sessionId} has no file in ${folder}.`);
}

function damaged(sessionId: string): StoreError {
  const text = `Session ${sessionId} has a damaged line. Repair it with "session-store repair", then copy again.`;
  return new StoreError("READ_FAILED", text);
}
