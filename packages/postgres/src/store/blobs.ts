import { createHash } from "node:crypto";
import { StoreError } from "@mini-openclaw/session-store";
import type { SessionWriter } from "../writer/session-writer.ts";
import type { StoreContext } from "./context.ts";

const BLOB_ID = /^[0-9a-f]{64}$/;

/** Saves a blob of a session that this node owns, and returns its id. */
export async function saveBlob(
  { query, names, node }: StoreContext,
  writer: SessionWriter,
  bytes: Uint8Array,
): Promise<string> {
  const id = createHash("sha256").update(bytes).digest("hex");
  const text = `with me as (select id from ${names.schema}.nodes where id = $1 for key share),
    saved as (insert into ${names.schema}.blobs (sid, id, bytes)
      select s.num, $3, $4 from ${names.schema}.sessions s join me on s.node = me.id where s.num = $2
      on conflict do nothing)
    select 1 from me`;
  const rows = await query({ text, values: [writer.node, writer.sid, id, Buffer.from(bytes)] });
  if (rows.length > 0) return id;
  node.fenced(writer.node);
  throw new StoreError("SESSION_STOLEN", "This node was declared dead. Open the session again.");
}

/** Returns the bytes of a blob, or `undefined` if they are missing. */
export async function loadBlob(
  { query, names }: StoreContext,
  sessionId: string,
  id: string,
): Promise<Uint8Array | undefined> {
  if (typeof id !== "string" || !BLOB_ID.test(id)) return undefined;
  const text = `select encode(b.bytes, 'base64') as bytes from ${names.schema}.sessions s join ${names.schema}.blobs b on b.sid = s.num
    where s.id = $1 and s.deleted is null and b.id = $2`;
  const [row] = await query({ text, values: [sessionId, id] });
  return row && Uint8Array.from(Buffer.from(String(row["bytes"]), "base64"));
}
