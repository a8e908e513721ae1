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

/** The cost of a run, and the tool calls that it made. */
interface RunCost {
  /** The day of the run's last cost. */
  day: string;
  turnsUsd: number;
  /** The total that the run's end recorded. */
  totalUsd: number;
  readonly callIds: Set<string>;
}

interface SessionCosts {
  readonly session: SessionMeta;
  readonly runs: readonly RunCost[];
}

const DAY_MS = 86_400_000;

/**
 * Returns a function that reads the cost of each of the last days, oldest first, from the
 * transcripts of sessions that are not deleted. A session is read again only after it changed.
 *
 * A run without a total cost, for example after a crash, counts the turns with a known cost. A
 * sub-agent counts once: its cost is removed from the total of the run that started it.
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
      const before = known.get(session.sessionId);
      const isKnown = before?.session.lastSeq === session.lastSeq;
      const runs = isKnown ? before.runs : await runsOf(store, session, dayOf);
      next.set(session.sessionId, { session, runs });
    }
    known = next;
    for (const { day, costUsd } of ownCosts([...next.values()])) {
      const sum = sums.get(day);
      if (sum !== undefined) sums.set(day, sum + costUsd);
    }
    return [...sums].map(([day, costUsd]) => ({ day, costUsd }));
  };
}

/** Returns the cost of today's runs (UTC) in US dollars. */
export async function spentToday(store: Store, now: number = Date.now()): Promise<number> {
  const [today] = await createCostsByDay(store, { days: 1, timeZone: "UTC", now: () => now })();
  return today?.costUsd ?? 0;
}

async function* sessionsSince(store: Store, since: number): AsyncGenerator<SessionMeta, void, undefined> {
  for (const archived of [false, true]) {
    for (let page: { cursor?: string } | undefined = {}; page; ) {
      const { sessions, cursor } = await store.listSessions({ archived, ...page });
      for (const session of sessions) {
        if (session.updatedAt >= since) yield session;
      }
      const isDone = cursor === undefined || (sessions.at(-1)?.updatedAt ?? 0) < since;
      page = isDone ? undefined : { cursor };
    }
  }
}

async function runsOf(
  store: Store,
  { sessionId, forkedFrom }: SessionMeta,
  dayOf: (timestamp: number) => string,
): Promise<RunCost[]> {
  const runs = new Map<string, RunCost>();
  // The copied entries of a fork belong to the other session.
  for await (const entry of store.entries(sessionId, { after: forkedFrom?.seq ?? 0 })) {
    if (!("runId" in entry) || entry.runId === undefined) continue;
    const run = runs.get(entry.runId) ?? { day: "", turnsUsd: 0, totalUsd: 0, callIds: new Set() };
    runs.set(entry.runId, run);
    if ("toolCalls" in entry) {
      for (const { callId } of entry.toolCalls ?? []) if (callId !== undefined) run.callIds.add(callId);
    }
    if (!("costUsd" in entry)) continue;
    run.day = dayOf(entry.timestamp);
    if (isMessageEntry(entry)) run.turnsUsd += entry.costUsd ?? 0;
    else run.totalUsd = entry.costUsd ?? 0;
  }
  return [...runs.values()];
}

/**
 * Returns the cost of each run without its sub-agents, whose sessions have runs of their own.
 *
 * The total of a run includes its sub-agents. After a crash it has the run's own turns alone.
 */
function ownCosts(all: readonly SessionCosts[]): DayCost[] {
  const tasks = new Map(
    all.flatMap((one) => {
      const { parent } = one.session;
      return parent ? [[taskKey(parent.sessionId, parent.callId), one] as const] : [];
    }),
  );
  /** Returns the cost of a session with its sub-agents. */
  const totalOf = (one: SessionCosts): number =>
    sum(one.runs.map((run) => Math.max(run.totalUsd, run.turnsUsd + tasksUsd(one, run))));
  const tasksUsd = ({ session }: SessionCosts, { callIds }: RunCost): number =>
    sum(
      [...callIds].map((callId) => {
        const task = tasks.get(taskKey(session.sessionId, callId));
        return task ? totalOf(task) : 0;
      }),
    );
  return all.flatMap((one) =>
    one.runs.map((run) => ({
      day: run.day,
      costUsd: Math.max(run.totalUsd - tasksUsd(one, run), run.turnsUsd),
    })),
  );
}

function taskKey(sessionId: string, callId: string): string {
  return `${sessionId} ${callId}`;
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
