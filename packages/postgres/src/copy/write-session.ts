import { type SessionMeta, toHeader } from "@mini-openclaw/protocol";
import { formatLine } from "@mini-openclaw/session-store/kit";
import { readBlob } from "../store/blobs.ts";
import { readPages } from "../writer/read-lines.ts";
import type { Copying } from "./copying.ts";

/** Copies a session from the database to a file. */
export async function writeSession({ transcripts, database }: Copying, meta: SessionMeta): Promise<void> {
  const { sessionId, archived = false } = meta;
  const { query, names } = database.context;
  const find = `select num, header from ${names.schema}.sessions where id = $1`;
  const [row] = await query({ text: find, values: [sessionId] });
  const sid = Number(row?.["num"]);
  const ids = `select id from ${names.schema}.blobs where sid = $1`;
  for (const { id } of await query({ text: ids, values: [sid] })) {
    const bytes = await readBlob(query, names.schema, sid, String(id));
    if (bytes) await transcripts.addBlob(sessionId, bytes);
  }
  async function* lines(): AsyncGenerator<string> {
    yield typeof row?.["header"] === "string" ? `${row["header"]}\n` : formatLine(toHeader(meta));
    for await (const page of readPages(query, names.schema, sid, 0))
      yield page.map((one) => `${String(one["line"])}\n`).join("");
  }
  await transcripts.add(sessionId, lines(), { isArchived: archived });
}
