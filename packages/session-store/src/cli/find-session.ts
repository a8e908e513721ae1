import type { SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { isSessionId } from "../model/names.ts";
import { UsageError } from "./terminal.ts";

/** All sessions, the one updated last first. */
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
 * The session that somebody means by its id, the beginning of it, or its key. @throws UsageError
 */
export async function findSession(store: SessionStore, name: string): Promise<SessionMeta> {
  const exact = isSessionId(name) ? await store.getSession(name) : undefined;
  if (exact) return exact;
  const matches: SessionMeta[] = [];
  for (const archived of [false, true]) {
    for await (const session of eachSession(store, { archived })) {
      if (session.key === name) return session;
      if (session.sessionId.startsWith(name)) matches.push(session);
    }
  }
  const [match, other] = matches;
  if (!match) throw new UsageError(`there is no session ${JSON.stringify(name)}; "ls" shows all`);
  if (other)
    throw new UsageError(`${JSON.stringify(name)} is the beginning of ${matches.length} session ids`);
  return match;
}
