import type { SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import type { Caller, Principal } from "../shared/principal.ts";

// Enough for a shared key with a thousand sessions that are newer than the caller's; costs a few
// milliseconds.
const MAX_PAGES = 5;
const PAGE = 200;

/** Returns the newest open session of the key whose owner is the caller. */
export async function findOwnSession(
  store: Pick<SessionStore, "listSessions">,
  { key, principal }: Caller,
): Promise<SessionMeta | undefined> {
  let at: { cursor?: string } = {};
  for (let count = 0; count < MAX_PAGES; count += 1) {
    const { sessions, cursor } = await store.listSessions({ key, limit: PAGE, ...at });
    const own = sessions.find(({ owner }) => owner === principal?.id);
    if (own || cursor === undefined) return own;
    at = { cursor };
  }
  return undefined;
}

/** Returns the newest open session of the key whose owner is the caller, or a new one. */
export async function findOrCreateOwnSession(
  store: Pick<SessionStore, "listSessions" | "getOrCreateSession" | "createSession">,
  caller: Caller,
): Promise<SessionMeta> {
  const { key, principal } = caller;
  const newest = await store.getOrCreateSession(key, ownership(principal));
  if (newest.owner === principal?.id) return newest;
  return (await findOwnSession(store, caller)) ?? store.createSession(key, ownership(principal));
}

/** Returns the options that make a new session the principal's. */
export function ownership(principal: Principal | undefined): { owner?: string } {
  return principal ? { owner: principal.id } : {};
}
