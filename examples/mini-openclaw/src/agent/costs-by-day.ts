import { isMessageEntry, type SessionMeta, type SessionStore } from "@mini-openclaw/protocol";
import type { DayCost } from "@mini-openclaw/web-chat";

type Store = Pick<SessionStore, "listSessions" | "entries">;

export interface CostsByDayOptions {
  /** The number of days, today included. */
  days: number;
  /** The time zone of the days. @default this process's */
  timeZone?: string | undefined;
  /** The clock: milliseconds since 1970. @default Date.now */
  now?: () => number;
}

/** The costs of one session, by the days on which its runs ended. */
interface SessionCosts {
  readonly lastSeq: number;
  readonly byDay: ReadonlyMap<string, number>;
}

const DAY_MS = 86_400_000;

/**
 * Returns a function that reads the cost of each of the last days, oldest first, from the
 * transcripts of sessions that are not deleted. A session is read again only after it changed.
 */
export function createCostsByDay(
  store: Store,
  { days, timeZone, now = Date.now }: CostsByDayOptions,
): () => Promise<DayCost[]> {
  // The Swedish format of a date is the one of ISO 8601.
  const calendar = new Intl.DateTimeFormat("sv-SE", { timeZone });
  const dayOf = (timestamp: number) => calendar.format(timestamp);
  let known = new Map<string, SessionCosts>();

  return async () => {
    const shown = Array.from({ length: days }, (_, index) => dayOf(now() - (days - 1 - index) * DAY_MS));
    const sums = new Map(shown.map((day) => [day, 0]));
    const next = new Map<string, SessionCosts>();
    for await (const session of sessionsSince(store, now() - days * DAY_MS)) {
      const { sessionId, lastSeq } = session;
      const before = known.get(sessionId);
      const byDay = before?.lastSeq === lastSeq ? before.byDay : await costsOf(store, session, dayOf);
      next.set(sessionId, { lastSeq, byDay });
      for (const [day, costUsd] of byDay) {
        const sum = sums.get(day);
        if (sum !== undefined) sums.set(day, sum + costUsd);
      }
    }
    known = next;
    return [...sums].map(([day, costUsd]) => ({ day, costUsd }));
  };
}

async function* sessionsSince(store: Store, since: number): AsyncGenerator<SessionMeta, void, undefined> {
  for (const archived of [false, true]) {
    for (let page: { cursor?: string } | undefined = {}; page; ) {
      const { sessions, cursor } = await store.listSessions({ archived, ...page });
      for (const session of sessions) {
        // The cost of a sub-agent is part of the run that started it.
        if (session.updatedAt >= since && !session.parent) yield session;
      }
      const isDone = cursor === undefined || (sessions.at(-1)?.updatedAt ?? 0) < since;
      page = isDone ? undefined : { cursor };
    }
  }
}

/** Returns the costs of a session. The end of a run counts more than its turns. */
async function costsOf(
  store: Store,
  { sessionId, forkedFrom }: SessionMeta,
  dayOf: (timestamp: number) => string,
): Promise<Map<string, number>> {
  const runs = new Map<string, { costUsd: number; timestamp: number }>();
  // The copied entries of a fork belong to the other session.
  for await (const entry of store.entries(sessionId, { after: forkedFrom?.seq ?? 0 })) {
    if (!("costUsd" in entry) || entry.runId === undefined) continue;
    const { runId, costUsd = 0, timestamp } = entry;
    const before = isMessageEntry(entry) ? (runs.get(runId)?.costUsd ?? 0) : 0;
    runs.set(runId, { costUsd: before + costUsd, timestamp });
  }
  const byDay = new Map<string, number>();
  for (const { costUsd, timestamp } of runs.values()) {
    const day = dayOf(timestamp);
    byDay.set(day, (byDay.get(day) ?? 0) + costUsd);
  }
  return byDay;
}
