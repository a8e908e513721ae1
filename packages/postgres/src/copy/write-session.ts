import { type SessionMeta, toHeader } from "@mini-openclaw/protocol";
import { formatLine } from "@mini-openclaw/session-store/kit";
import type { Row } from "../connection/connection.ts";
import type { Copying } from "./copying.ts";

const PAGE_LINES = 500;

/** Copies a session from the database to a file. */
export async function writeSession({ transcripts, database }: Copying, meta: SessionMeta): Promise<void> {
  const { sessionId, archived = false } = meta;
  const { query, names } = database.context;
  const find = `select num, header from ${names.schema}.sessions where id = $1`;
  const [row] = await query({ text: find, values: [sessionId] });
  const sid = Number(row?.["num"]);
  const ids = `select id from ${names.schema}.blobs where sid = $1`;
  const bytes = `select encode(bytes, 'base64') as bytes from ${names.schema}.blobs where sid = $1 and id = $2`;
  for (const { id } of await query({ text: ids, values: [sid] })) {
    const [blob] = await query({ text: bytes, values: [sid, id] });
    if (blob) await transcripts.addBlob(sessionId, Buffer.from(String(blob["bytes"]), "base64"));
  }
  async function* lines(): AsyncGenerator<string> {
    yield typeof row?.["header"] === "string" ? `${row["header"]}\n` : formatLine(toHeader(meta));
    for await (const page of pages()) yield page.map((one) => `${String(one["line"])}\n`).join("");
  }
  async function* pages(): AsyncGenerator<Row[]> {
    const text = `select seq, line from ${names.schema}.entries where sid = $1 and seq > $2
      order by seq limit ${PAGE_LINES}`;
    for (let last = 0; ; ) {
      const page = await query({ text, values: [sid, last] });
      if (page.length > 0) yield page;
      if (page.length < PAGE_LINES) return;
      last = Number(page.at(-1)?.["seq"]);
    }
  }
  await transcripts.add(sessionId, lines(), { isArchived: archived });
}
