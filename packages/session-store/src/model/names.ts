import { createRandomSource, mustBe } from "@mini-openclaw/protocol/shared";
import { v7 } from "uuid";
import { StoreError } from "./errors.ts";

// A file name on every system. Ids are refused, never cleaned, so that no two become one.
const SESSION_ID = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$/;
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
const WINDOWS_RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;
const MAX_RESERVED_CHARS = 4;
// A routing name, with room for long user names.
const MAX_KEY_CHARS = 512;

/** Creates an id for a session or an entry: a UUID v7, so that names sort by age. */
export function createId(): string {
  return v7();
}

/**
 * Creates a {@link createId} that is five times cheaper. Its ids need not ascend within a
 * millisecond.
 */
export function createIdSource(): () => string {
  const rng = createRandomSource();
  return () => v7({ rng });
}

export function isSessionId(value: string): boolean {
  return SESSION_ID.test(value) && !(value.length <= MAX_RESERVED_CHARS && WINDOWS_RESERVED.test(value));
}

/** @throws StoreError `INVALID_SESSION_ID` */
export function assertSessionId(sessionId: string): void {
  if (typeof sessionId === "string" && isSessionId(sessionId)) return;
  const expected =
    'a string of 1 to 128 letters, digits, "_" and "-" that does not begin with "-" and is no reserved name';
  throw new StoreError("INVALID_SESSION_ID", mustBe("sessionId", expected, sessionId));
}

/** @throws StoreError `INVALID_KEY` */
export function assertKey(key: string): void {
  if (isText(key, MAX_KEY_CHARS)) return;
  throw new StoreError("INVALID_KEY", mustBe("key", `a string of 1 to ${MAX_KEY_CHARS} characters`, key));
}

/** Returns the part of a session key before its first colon. */
export function channelOf(key: string): string {
  const colon = key.indexOf(":");
  return colon === -1 ? key : key.slice(0, colon);
}

function isText(value: unknown, maxChars: number): boolean {
  return typeof value === "string" && value !== "" && value.length <= maxChars;
}
