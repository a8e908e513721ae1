import type { SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { describeValue } from "@mini-openclaw/protocol/shared";
import { isSessionId } from "../model/names.ts";
import { UsageError } from "./terminal.ts";

// As short an end of an id as the page shows. A shorter one is a guess.
const MIN_END_CHARS = 4;

/** Yields all sessions, in descending order of the last update. */
export async function* eachSession(
  store: SessionStore,
  options: { key?: string; archived?: boolean } = {},
): AsyncGenerator<SessionMeta> {
  let cursor: string | undefined;
  do {
    const page = await store.listSessions({
      ...options,
      limit: 200,
      ...(cursor !== undefined && { cursor }),
    });
    yield* page.sessions;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/**
 * Returns the session of an id, of the beginning or the end of an id, or of a key. The page shows
 * the last 8 characters of an id.
 *
 * @throws UsageError
 */
export async function findSession(store: SessionStore, name: string): Promise<SessionMeta> {
  // Every id begins with an empty text. An unset variable of a script must not name a session.
  if (name === "") throw new UsageError('The name of the session is empty. "ls" lists all.');
  const exact = isSessionId(name) ? await store.getSession(name) : undefined;
  if (exact) return exact;
  const matches: SessionMeta[] = [];
  for (const archived of [false, true]) {
    for await (const session of eachSession(store, { archived })) {
      if (session.key === name) return session;
      if (isPartOf(session.sessionId, name)) matches.push(session);
    }
  }
  const [match, other] = matches;
  if (!match) throw new UsageError(`There is no session ${describeValue(name)}. "ls" lists all.`);
  if (!other) return match;
  throw new UsageError(
    `${describeValue(name)} is a part of ${matches.length} session ids. Use a longer part.`,
  );
}

function isPartOf(sessionId: string, name: string): boolean {
  return sessionId.startsWith(name) || (name.length >= MIN_END_CHARS && sessionId.endsWith(name));
}
