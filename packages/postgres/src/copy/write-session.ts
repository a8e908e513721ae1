import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type SessionMeta, toHeader } from "@mini-openclaw/protocol";
import { formatLine } from "@mini-openclaw/session-store/kit";
import { type Copying, exists } from "./copying.ts";

const PAGE_LINES = 500;

/** Copies a session from the database to a file. The file has its name when it is complete. */
export async function writeSession({ folder, files, database }: Copying, meta: SessionMeta): Promise<void> {
  const { sessionId } = meta;
  if (await files.getSession(sessionId)) throw exists(sessionId);
  const { query, names } = database.context;
  const find = `select num, header from ${names.schema}.sessions where id = $1`;
  const [row] = await query({ text: find, values: [sessionId] });
  const sid = Number(row?.["num"]);
  const select = `select id, bytes from ${names.schema}.blobs where sid = $1`;
  for (const blob of await query({ text: select, values: [sid] })) {
    const blobs = join(folder, "blobs", sessionId);
    mkdirSync(blobs, { recursive: true, mode: 0o700 });
    writeFileSync(join(blobs, String(blob["id"])), blob["bytes"] as Buffer, { mode: 0o600 });
  }
  async function* lines(): AsyncGenerator<string> {
    yield typeof row?.["header"] === "string" ? `${row["header"]}\n` : formatLine(toHeader(meta));
    const text = `select seq, line from ${names.schema}.entries where sid = $1 and seq > $2
      order by seq limit ${PAGE_LINES}`;
    for (let last = 0; ; ) {
      const page = await query({ text, values: [sid, last] });
      for (const one of page) yield `${String(one["line"])}\n`;
      if (page.length < PAGE_LINES) return;
      last = Number(page.at(-1)?.["seq"]);
    }
  }
  const path = join(folder, `${sessionId}.jsonl`);
  const temporary = `${path}.copy.tmp`;
  try {
    const file = createWriteStream(temporary, { mode: 0o600, flush: true });
    await pipeline(Readable.from(lines()), file);
    renameSync(temporary, path);
  } finally {
    if (existsSync(temporary)) rmSync(temporary);
  }
}
