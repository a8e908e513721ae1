/** The session that the page's address names, as in `#/s/0199f3a0-…`; `undefined` if it names none. */
export function sessionIdOf(hash: string): string | undefined {
  return /^#\/s\/([\w-]{1,128})$/.exec(hash)?.[1];
}

/** The fragment of an address that names a session. */
export function addressOf(sessionId: string): string {
  return `#/s/${sessionId}`;
}
