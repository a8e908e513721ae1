import { type Entry, isMessageEntry, type SessionMeta, type SessionStore } from "@mini-openclaw/protocol";

const DAY_MS = 86_400_000;

type Store = Pick<SessionStore, "listSessions" | "entries">;

/** The cost of a run today, and the tool calls that it made. */
interface RunCost {
  turnsUsd: number;
  totalUsd: number;
  readonly callIds: string[];
}

interface Spending {
  readonly session: SessionMeta;
  readonly runs: readonly RunCost[];
}

/**
 * Returns the cost of today's runs (UTC) in US dollars, from the transcripts of sessions that are
 * not deleted. A run without a total cost, for example after a crash, counts the turns with a known
 * cost.
 *
 * The total of a run includes its sub-agents. After a crash it has its own turns alone, so its
 * sub-agents are added.
 *
 * Reads all sessions that were written today.
 */
export async function spentToday(store: Store, now: number = Date.now()): Promise<number> {
  const midnight = now - (now % DAY_MS);
  const chats: Spending[] = [];
  const tasks = new Map<string, Spending>();
  for (const archived of [false, true]) {
    for await (const session of sessionsSince(store, midnight, archived)) {
      // The copied entries of a fork belong to the other session.
      const entries = store.entries(session.sessionId, { after: session.forkedFrom?.seq ?? 0 });
      const spending = { session, runs: await runsOf(entries, midnight) };
      const { parent } = session;
      if (parent) tasks.set(taskKey(parent.sessionId, parent.callId), spending);
      else chats.push(spending);
    }
  }
  /** Returns the cost of a session with its sub-agents, each of which is counted once. */
  const costOf = ({ session, runs }: Spending): number =>
    sum(
      runs.map(({ turnsUsd, totalUsd, callIds }) => {
        const taskUsd = sum(callIds.map((callId) => takeTask(taskKey(session.sessionId, callId))));
        return Math.max(totalUsd, turnsUsd + taskUsd);
      }),
    );
  const takeTask = (key: string): number => {
    const task = tasks.get(key);
    tasks.delete(key);
    return task ? costOf(task) : 0;
  };
  const chatsUsd = sum(chats.map(costOf));
  // The runs that started these have no entry of today. An outer one includes its inner ones.
  const ids = new Set([...tasks.values()].map(({ session }) => session.sessionId));
  const isInner = ({ session }: Spending) => Number(ids.has(session.parent?.sessionId ?? ""));
  const others = [...tasks].sort(([, one], [, other]) => isInner(one) - isInner(other));
  return chatsUsd + sum(others.map(([key]) => takeTask(key)));
}

function taskKey(sessionId: string, callId: string): string {
  return `${sessionId} ${callId}`;
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

/** Returns the runs of a session, with what they cost since a time. */
async function runsOf(entries: AsyncIterable<Entry>, since: number): Promise<RunCost[]> {
  const runs = new Map<string, RunCost>();
  for await (const entry of entries) {
    if (!("runId" in entry) || entry.runId === undefined) continue;
    const run = runs.get(entry.runId) ?? { turnsUsd: 0, totalUsd: 0, callIds: [] };
    runs.set(entry.runId, run);
    if ("toolCalls" in entry)
      run.callIds.push(...(entry.toolCalls ?? []).flatMap(({ callId }) => callId ?? []));
    if (entry.timestamp < since || !("costUsd" in entry)) continue;
    if (isMessageEntry(entry)) run.turnsUsd += entry.costUsd ?? 0;
    else run.totalUsd = entry.costUsd ?? 0;
  }
  return [...runs.values()];
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
