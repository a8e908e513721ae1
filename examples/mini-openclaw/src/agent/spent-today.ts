import { type Entry, isMessageEntry, type SessionMeta, type SessionStore } from "@mini-openclaw/protocol";

const DAY_MS = 86_400_000;

type Store = Pick<SessionStore, "listSessions" | "entries">;

/**
 * Returns the cost of today's runs (UTC) in US dollars, from the transcripts of sessions that are
 * not deleted. A run without a total cost, for example after a crash, counts the turns with a known
 * cost.
 *
 * Reads all sessions that were written today.
 */
export async function spentToday(store: Store, now: number = Date.now()): Promise<number> {
  const midnight = now - (now % DAY_MS);
  let sumUsd = 0;
  for (const archived of [false, true]) {
    for await (const { sessionId, forkedFrom, parent } of sessionsSince(store, midnight, archived)) {
      // The cost of a sub-agent is part of the run that started it.
      if (parent) continue;
      // The copied entries of a fork belong to the other session.
      const entries = store.entries(sessionId, { after: forkedFrom?.seq ?? 0 });
      sumUsd += await sumOf(entries, midnight);
    }
  }
  return sumUsd;
}

async function* sessionsSince(
  store: Store,
  since: number,
  archived: boolean,
): AsyncGenerator<SessionMeta, void, undefined> {
  let next: { cursor?: string } | undefined = {};
  while (next) {
    const { sessions, cursor } = await store.listSessions({ archived, ...next });
    for (const session of sessions) {
      if (session.updatedAt < since) return;
      yield session;
    }
    next = cursor === undefined ? undefined : { cursor };
  }
}

async function sumOf(entries: AsyncIterable<Entry>, since: number): Promise<number> {
  const costs = new Map<string, number>();
  for await (const entry of entries) {
    if (entry.timestamp < since || !("costUsd" in entry) || entry.runId === undefined) continue;
    const { runId, costUsd = 0 } = entry;
    costs.set(runId, isMessageEntry(entry) ? (costs.get(runId) ?? 0) + costUsd : costUsd);
  }
  return [...costs.values()].reduce((sum, costUsd) => sum + costUsd, 0);
}
