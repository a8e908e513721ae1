import { describeValue } from "@mini-openclaw/protocol/shared";

/** The user behind a connection. Sessions belong to the principal that created them. */
export interface Principal {
  /** Stable, and at most 500 characters. It is kept as the `owner` of sessions. */
  id: string;
}

// With the prefix of a session key, it fits into the 512 characters of a store's keys and owners.
const MAX_ID_CHARS = 500;

/**
 * Throws if a principal has no id: otherwise all principals without one would share their sessions.
 *
 * @throws TypeError
 */
export function requireId({ id }: Principal): void {
  if (typeof id === "string" && id !== "" && id.length <= MAX_ID_CHARS) return;
  const expected = `a string of 1 to ${MAX_ID_CHARS} characters`;
  throw new TypeError(`A principal's \`id\` must be ${expected}, got ${describeValue(id)}.`);
}

/** The caller of a request or connection: its principal, and the key of its sessions. */
export interface Caller {
  principal: Principal | undefined;
  key: string;
  /** The beginning of the keys of its sessions, in a dialect that names sessions by key. */
  keyPrefix?: string;
}

/** Returns true for the key of a session that may be the caller's. */
export function hasKey({ key, keyPrefix }: Caller, sessionKey: string): boolean {
  return keyPrefix === undefined ? sessionKey === key : sessionKey.startsWith(keyPrefix);
}
