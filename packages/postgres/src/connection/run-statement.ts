import pg from "pg";
import { resultTypes } from "./result-types.ts";
import type { Row, Statement } from "./statement.ts";

/** The part of a connection of `pg` that sends a statement. Its types have none of it. */
interface Wire {
  readonly stream: { write(bytes: Uint8Array): boolean; readonly writable: boolean };
  /** Absent in older versions, whose connections another copy of `pg` cannot use. */
  readonly submittedNamedStatements?: object;
  bind(values: Bound): void;
}

interface Bound {
  readonly statement?: string | undefined;
  readonly values?: readonly unknown[];
  readonly valueMapper: (value: unknown) => string | Buffer | null;
}

const BIND = 0x42;
const TYPE_BYTES = 1;
const INT32_BYTES = 4;
const NULL_LENGTH = -1;

/** Runs a statement on a client, and returns its rows. */
export async function runStatement(client: pg.ClientBase, statement: Statement): Promise<Row[]> {
  const config = { ...statement, types: resultTypes };
  if (!statement.values?.some((value) => Buffer.isBuffer(value)) || !canSendPieces(client)) {
    return (await client.query<Row>(config)).rows;
  }
  return new Promise((resolve, reject) => {
    const query = new QueryInPieces(config, (error: Error | null | undefined, result: unknown) => {
      if (error) reject(error);
      else resolve((result as { rows: Row[] }).rows);
    });
    client.query(query);
  });
}

/** Returns false for clients that take no query of another copy of `pg`. */
function canSendPieces(client: pg.ClientBase): boolean {
  const { connection, pipeline } = client as unknown as { connection?: Partial<Wire>; pipeline?: boolean };
  return connection?.submittedNamedStatements !== undefined && pipeline !== true;
}

/**
 * A query that sends buffers as they are. `pg` copies each value twice, into new buffers, which
 * cause most of the garbage collections of a node.
 */
class QueryInPieces extends pg.Query {
  constructor(config: pg.QueryConfig, callback: (error: Error | null | undefined, result: unknown) => void) {
    super(config as never, callback as never);
    const { submit } = this;
    this.submit = (connection) => {
      const wire = Object.create(connection) as Wire;
      wire.bind = (bound) => {
        if (wire.stream.writable) for (const piece of toBind(bound)) wire.stream.write(piece);
      };
      // The caller gets an error that it returns.
      return submit.call(this, wire as unknown as pg.Connection);
    };
  }
}

/** Returns the message that binds values to a prepared statement, in pieces. */
function toBind({ statement = "", values = [], valueMapper }: Bound): Buffer[] {
  const mapped = values.map((value) => valueMapper(value));
  const formats = mapped.map((value) => (Buffer.isBuffer(value) ? 1 : 0));
  const begin = Buffer.alloc(TYPE_BYTES + INT32_BYTES);
  const names = Buffer.from(`\0${statement}\0`);
  const pieces: Buffer[] = [begin, names, int16s(values.length, ...formats, values.length)];
  for (const value of mapped) {
    const bytes = typeof value === "string" ? Buffer.from(value) : value;
    pieces.push(int32(bytes?.length ?? NULL_LENGTH));
    if (bytes) pieces.push(bytes);
  }
  // All results are text.
  pieces.push(int16s(1, 0));
  begin.writeUInt8(BIND);
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  begin.writeInt32BE(bytes - TYPE_BYTES, TYPE_BYTES);
  return pieces;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(INT32_BYTES);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16s(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(2 * values.length);
  for (const [index, value] of values.entries()) bytes.writeInt16BE(value, 2 * index);
  return bytes;
}
