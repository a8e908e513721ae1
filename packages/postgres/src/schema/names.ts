import { createHash } from "node:crypto";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { StoreError } from "@mini-openclaw/session-store";
import { check } from "@mini-openclaw/session-store/kit";

/** The names of one installation in a database. */
export interface Names {
  /** The schema, quoted. */
  readonly schema: string;
  /** The plain name of the schema. */
  readonly plainSchema: string;
  /** The class of the advisory locks: a positive integer of 31 bits. */
  readonly lockClass: number;
  /** The class of the advisory locks of keys. */
  readonly keyLockClass: number;
  /** The channel of notifications. */
  readonly channel: string;
}

// An identifier of PostgreSQL has at most 63 bytes.
const MAX_INT = 0x7fffffff;
// It has those that begin with pg_ to itself.
const SCHEMA = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/;

/** Returns the names for a schema. @throws StoreError `INVALID_OPTION` */
export function namesOf(schema: string): Names {
  check.text("schema", schema, 63);
  if (!SCHEMA.test(schema)) {
    const expected = 'lowercase letters, digits and "_", and begin with neither a digit nor pg_';
    throw new StoreError("INVALID_OPTION", `${mustBe("schema", expected, schema)} Choose another name.`);
  }
  const digest = createHash("sha256").update(schema).digest();
  const lockClass = digest.readUInt32BE() & MAX_INT;
  return {
    schema: `"${schema}"`,
    plainSchema: schema,
    lockClass,
    keyLockClass: digest.readUInt32BE(4) & MAX_INT,
    channel: `mini_openclaw_${lockClass}`,
  };
}

/** Returns the `application_name` of a node's connections, by which others end them. */
export function applicationName({ lockClass }: Names, node: number | ""): string {
  return `mini-openclaw-${lockClass}-${node}`;
}
