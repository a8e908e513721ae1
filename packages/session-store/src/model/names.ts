import { randomFillSync } from "node:crypto";
import { v7 } from "uuid";
import { StoreError } from "./errors.ts";

// A file name on every system; chosen so that no two ids fold into one by "cleaning".
const SESSION_ID = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$/;
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
const WINDOWS_RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;
// Chosen: a routing name, with room for long user names.
const MAX_KEY_CHARS = 512;
// An id of any identity provider.
const MAX_OWNER_CHARS = 512;

/** A new id, for sessions and entries: UUID v7, so that names sort by age. */
export function createId(): string {
  return v7();
}

// 4 KiB of randomness at a time: asking for 16 bytes costs 2 µs, four fifths of making an id.
const POOL_BYTES = 4_096;
const ID_BYTES = 16;

/** Makes {@link createId} five times cheaper, for ids that need not ascend within a millisecond. */
export function createIdSource(): () => string {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return () => {
    if (used === POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    used += ID_BYTES;
    return v7({ random: pool.subarray(used - ID_BYTES, used) });
  };
}

export function isSessionId(value: string): boolean {
  return SESSION_ID.test(value) && !WINDOWS_RESERVED.test(value);
}

/** @throws StoreError `INVALID_SESSION_ID`: ids are refused, never cleaned. */
export function assertSessionId(sessionId: string): void {
  if (typeof sessionId === "string" && isSessionId(sessionId)) return;
  throw new StoreError(
    "INVALID_SESSION_ID",
    `session id: ${quoted(sessionId)} is not 1 to 128 letters, digits, "_" and "-" (not "-" first), or is a reserved name`,
  );
}

/** @throws StoreError `INVALID_KEY` */
export function assertKey(key: string): void {
  if (typeof key === "string" && key !== "" && key.length <= MAX_KEY_CHARS) return;
  throw new StoreError(
    "INVALID_KEY",
    `session key: ${quoted(key)} is not a text of 1 to ${MAX_KEY_CHARS} characters`,
  );
}

/** @throws StoreError `INVALID_OPTION` */
export function assertOwner(owner: string | undefined): void {
  if (owner === undefined || (typeof owner === "string" && owner !== "" && owner.length <= MAX_OWNER_CHARS))
    return;
  throw new StoreError(
    "INVALID_OPTION",
    `owner: ${quoted(owner)} is not a text of 1 to ${MAX_OWNER_CHARS} characters`,
  );
}

/** The part of a session key before its first colon. */
export function channelOf(key: string): string {
  const colon = key.indexOf(":");
  return colon === -1 ? key : key.slice(0, colon);
}

function quoted(value: unknown): string {
  if (typeof value !== "string") return `a ${typeof value}`;
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}
