import type { SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { describeValue } from "@mini-openclaw/protocol/shared";
import { nodeFileSystem } from "../files/file-system.ts";
import { isSessionId } from "../model/names.ts";
import { SessionFiles } from "../transcript/session-files.ts";
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
 * @throws UsageError; StoreError if the session cannot be read
 */
export async function findSession(store: SessionStore, folder: string, name: string): Promise<SessionMeta> {
  // Every id begins with an empty text. An unset variable of a script must not name a session.
  if (name === "") throw new UsageError('The name of the session is empty. "ls" lists all.');
  const exact = isSessionId(name) ? await store.getSession(name) : undefined;
  if (exact) return exact;
  for (const archived of [false, true]) {
    const [newest] = (await store.listSessions({ key: name, archived, limit: 1 })).sessions;
    if (newest) return newest;
  }
  // The names of the files are enough. A large folder has too many sessions to read each.
  const { open, archived } = await new SessionFiles(nodeFileSystem, folder).list();
  const [id, ...others] = [...open, ...archived].filter((sessionId) => isPartOf(sessionId, name));
  if (others.length > 0) {
    const count = others.length + 1;
    throw new UsageError(`${describeValue(name)} is a part of ${count} session ids. Use a longer part.`);
  }
  const match = id === undefined ? undefined : await store.getSession(id);
  if (!match) throw new UsageError(`There is no session ${describeValue(name)}. "ls" lists all.`);
  return match;
}

function isPartOf(sessionId: string, name: string): boolean {
  return sessionId.startsWith(name) || (name.length >= MIN_END_CHARS && sessionId.endsWith(name));
}
