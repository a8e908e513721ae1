import { createHash } from "node:crypto";
import { StoreError } from "@mini-openclaw/session-store";
import type { Query } from "../connection/connection.ts";
import type { SessionWriter } from "../writer/session-writer.ts";
import type { StoreContext } from "./context.ts";

const BLOB_ID = /^[0-9a-f]{64}$/;

// 12 MiB, as base64 16 MiB. A string of V8 has less than 512 MiB, and a longer one ends the
// process.
const PART_BYTES = 12_582_912;

const DEADLINE_MS = 5_000;
// Less than any network to a database. A large blob needs longer than other statements.
const MIN_BYTES_PER_MS = 5_000;

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
  const values = [writer.node, writer.sid, id, Buffer.from(bytes)];
  const rows = await query({ text, values }, deadlineOf(bytes.length));
  if (rows.length > 0) return id;
  node.fenced(writer.node);
  throw new StoreError("SESSION_STOLEN", "This node was declared dead. Open the session again.");
}

/** Copies blobs of a session to another one, each with a statement and a deadline of its own. */
export async function copyBlobs(
  { query, names: { schema } }: StoreContext,
  { from, to, ids }: { from: number; to: number; ids: readonly string[] },
): Promise<void> {
  if (ids.length === 0) return;
  const sizes = `select id, octet_length(bytes) as size from ${schema}.blobs where sid = $1 and id = any($2)`;
  const text = `insert into ${schema}.blobs (sid, id, bytes)
    select $2, b.id, b.bytes from ${schema}.blobs b where b.sid = $1 and b.id = $3
    on conflict do nothing`;
  for (const { id, size } of await query({ text: sizes, values: [from, ids] }))
    await query({ text, values: [from, to, id] }, deadlineOf(Number(size)));
}

/** Returns the bytes of a blob, or `undefined` if they are missing. */
export async function loadBlob(
  { query, names }: StoreContext,
  sessionId: string,
  id: string,
): Promise<Uint8Array | undefined> {
  if (typeof id !== "string" || !BLOB_ID.test(id)) return undefined;
  const text = `select num from ${names.schema}.sessions where id = $1 and deleted is null`;
  const [row] = await query({ text, values: [sessionId] });
  return row && readBlob(query, names.schema, Number(row["num"]), id);
}

/** Reads a blob in parts. Returns `undefined` if it is missing. */
export async function readBlob(
  query: Query,
  schema: string,
  sid: number,
  id: string,
): Promise<Uint8Array | undefined> {
  const text = `select octet_length(bytes) as size,
      encode(substring(bytes from $3::integer + 1 for ${PART_BYTES}), 'base64') as part
    from ${schema}.blobs where sid = $1 and id = $2`;
  let bytes: Uint8Array | undefined;
  for (let offset = 0; offset === 0 || (bytes && offset < bytes.length); offset += PART_BYTES) {
    const [row] = await query({ text, values: [sid, id, offset] });
    // The session may have been removed meanwhile.
    if (!row) return undefined;
    bytes ??= new Uint8Array(Number(row["size"]));
    bytes.set(Buffer.from(String(row["part"]), "base64"), offset);
  }
  return bytes;
}

function deadlineOf(bytes: number): number {
  return DEADLINE_MS + bytes / MIN_BYTES_PER_MS;
}
