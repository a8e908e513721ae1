/** The user behind a connection. Sessions belong to the principal that created them. */
export interface Principal {
  /** Stable; kept as the `owner` of sessions. */
  id: string;
}

/**
 * Makes sure that a principal is somebody: a program without types may give one without an id, and
 * all of those would be one.
 *
 * @throws TypeError
 */
export function requireId({ id }: Principal): void {
  if (typeof id !== "string" || id === "")
    throw new TypeError(
      `A principal's \`id\` must be a string that is not empty, got ${JSON.stringify(id)}.`,
    );
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
