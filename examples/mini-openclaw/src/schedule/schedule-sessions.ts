import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { RunOutcome, SessionStore } from "@mini-openclaw/protocol";
import { replaceFile } from "../settings/replace-file.ts";
import type { Schedule } from "./schedule-file.ts";
import { describeWhen, nextTime } from "./times.ts";

/** The key of the page's chats. Scheduled runs are in the same list. */
const PAGE_KEY = "webchat";

/** The run of a schedule that began last. */
export interface LastRun {
  /** The time at which the run was due. */
  due: Date;
  /** Absent while the run is active or queued. */
  outcome?: RunOutcome;
}

/** A schedule and the session that it runs in. */
export interface ScheduledSession {
  sessionId: string;
  when: string;
  next?: string;
}

/** Returns the sessions of schedules, for the page's list. */
export function scheduledSessions(file: string, schedules: readonly Schedule[]): ScheduledSession[] {
  const sessionIds = readSessionIds(file);
  return schedules.flatMap(({ name, when }) => {
    const sessionId = sessionIds.get(name);
    const next = nextTime(when)?.toISOString();
    return sessionId === undefined
      ? []
      : [{ sessionId, when: describeWhen(when), ...(next !== undefined && { next }) }];
  });
}

/** Returns the id of a scheduled run's message, which makes the run happen once. */
export function requestIdOf(name: string, due: Date): string {
  return `schedule:${name}:${due.toISOString()}`;
}

/**
 * Returns the session of a schedule, which a file remembers. Creates one if it is missing, archived
 * or deleted.
 *
 * The page opens the newest session of its key. If that is the schedule's, an empty session is
 * created, so that the user's next message does not enter it.
 *
 * @param title of a new session. Without one, its first message is its title
 */
export async function openScheduleSession(
  store: Pick<SessionStore, "createSession" | "getOrCreateSession" | "getSession" | "renameSession">,
  { file, name, title }: { file: string; name: string; title?: string },
): Promise<string> {
  const known = await findScheduleSession(store, file, name);
  const sessionId = known ?? (await createScheduleSession(store, { file, name, ...(title && { title }) }));
  const { sessionId: newest } = await store.getOrCreateSession(PAGE_KEY);
  if (newest === sessionId) await store.createSession(PAGE_KEY);
  return sessionId;
}

/** Returns the session of a schedule if it can still be written. */
export async function findScheduleSession(
  store: Pick<SessionStore, "getSession">,
  file: string,
  name: string,
): Promise<string | undefined> {
  const known = readSessionIds(file).get(name);
  const session = known === undefined ? undefined : await store.getSession(known);
  return session && !session.archived ? session.sessionId : undefined;
}

/** Makes a session that of a schedule. */
export function rememberScheduleSession(file: string, name: string, sessionId: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const sessions = Object.fromEntries(readSessionIds(file).set(name, sessionId));
  replaceFile(file, `${JSON.stringify({ sessions }, undefined, 2)}\n`, 0o600);
}

/** Finds the last run of a schedule in its session. */
export async function findLastRun(
  store: Pick<SessionStore, "loadMessages" | "entries">,
  sessionId: string,
  name: string,
): Promise<LastRun | undefined> {
  const asked = await store.loadMessages(sessionId, { role: "user", limit: 50 });
  for (const { seq, runId, ...message } of asked.reverse()) {
    const requestId = "requestId" in message ? message.requestId : undefined;
    const due = requestId?.startsWith(`schedule:${name}:`) ? requestId.slice(`schedule:${name}:`.length) : "";
    if (due === "" || runId === undefined) continue;
    for await (const entry of store.entries(sessionId, { after: seq })) {
      if ("type" in entry && entry.type === "run_end" && entry.runId === runId)
        return { due: new Date(due), outcome: entry.outcome };
    }
    return { due: new Date(due) };
  }
  return undefined;
}

async function createScheduleSession(
  store: Pick<SessionStore, "createSession" | "renameSession">,
  { file, name, title }: { file: string; name: string; title?: string },
): Promise<string> {
  const { sessionId } = await store.createSession(PAGE_KEY);
  if (title !== undefined) await store.renameSession(sessionId, title);
  rememberScheduleSession(file, name, sessionId);
  return sessionId;
}

/** Returns the sessions by the names of their schedules, which may be names such as `toString`. */
function readSessionIds(file: string): Map<string, string> {
  try {
    const { sessions = {} } = JSON.parse(readFileSync(file, "utf8")) as { sessions?: unknown };
    return new Map(Object.entries(sessions as object).filter(([, id]) => typeof id === "string"));
  } catch {
    // A missing or damaged file means that there are no sessions yet.
    return new Map();
  }
}
