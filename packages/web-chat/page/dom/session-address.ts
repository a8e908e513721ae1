/** The session and the message in the page's address, as in `#/s/0199f3a0-…/17`. */
const ADDRESS = /^#\/s\/([\w-]{1,128})(?:\/(\d{1,15}))?$/;

/** Returns the session in the page's address; `undefined` if there is none. */
export function sessionIdOf(hash: string): string | undefined {
  return ADDRESS.exec(hash)?.[1];
}

/** Returns the number of the message in the page's address; `undefined` if there is none. */
export function messageSeqOf(hash: string): number | undefined {
  const seq = ADDRESS.exec(hash)?.[2];
  return seq === undefined ? undefined : Number(seq);
}

/** Returns the fragment of a session's address, or of a message in it. */
export function addressOf(sessionId: string, seq?: number): string {
  return `#/s/${sessionId}${seq === undefined ? "" : `/${seq}`}`;
}
