/**
 * Returns the session in the page's address, as in `#/s/0199f3a0-…`; `undefined` if there is none.
 */
export function sessionIdOf(hash: string): string | undefined {
  return /^#\/s\/([\w-]{1,128})$/.exec(hash)?.[1];
}

/** Returns the fragment of a session's address. */
export function addressOf(sessionId: string): string {
  return `#/s/${sessionId}`;
}
